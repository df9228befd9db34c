import LinuxSystem
import Synchronization
import VolumeAccess

/// What one thread of a scan does: takes directories, adds up their entries, and gives away what others could do.
///
/// Used by one thread; it works depth first, so that few directories wait.
final class ScanWorker {
    private static let lostAndFound = Array("lost+found".utf8)
    private let volume: Volume
    private let work: ScanWork
    private var tree = TreeFacts()
    private var meters: [SpaceMeter]
    private let asksForHoles: Bool
    private let carriesAttributes: Bool
    private let largestFile: Int64
    /// The directories of this thread; the last batch is worked at.
    private var waiting: [ScanBatch] = []
    private var failures: [VolumeError] = []
    private var isRootUnreadable = false

    init(volume: Volume, targets: [TargetProfile], work: ScanWork, largestFile: Int64?) {
        self.largestFile = largestFile ?? .max
        self.volume = volume
        self.work = work
        meters = targets.map { SpaceMeter($0) }
        asksForHoles = targets.contains(where: \.keepsHoles)
        carriesAttributes = targets.contains(where: \.carriesAttributes)
    }

    /// Takes in the root itself, and its contents as the first work.
    func addRoot(_ status: FileStatus) {
        tree.add(status, nameLength: 0, pathLength: 0, isFirstName: true)
        do throws(VolumeError) {
            tree.attributes.add(try volume.root.extendedAttributeNames())
        } catch {
            note(error)
        }
        var batch = ScanBatch(parent: [])
        batch.append([UInt8]().span)
        work.queue.push(batch)
    }

    /// Works until nothing is left anywhere, then adds what was found to the whole.
    func run() {
        while true {
            work.idle.add(1, ordering: .relaxed)
            guard let batch = work.queue.pop() else { break }
            work.idle.subtract(1, ordering: .relaxed)
            waiting.append(batch)
            while let path = takePath() {
                if !work.isStopped() { scan(path) }
                share()
                work.finishDirectory()
            }
        }
        work.result.withLock { result in
            result.tree.merge(tree)
            if result.meters.isEmpty {
                result.meters = meters
            } else {
                for index in meters.indices { result.meters[index].merge(meters[index]) }
            }
            result.failures += failures.prefix(max(0, ScanWork.keptFailures - result.failures.count))
            if isRootUnreadable { result.isRootUnreadable = true }
        }
    }

    // MARK: directories

    private func takePath() -> [UInt8]? {
        while let last = waiting.indices.last {
            if let path = waiting[last].popLast() { return path }
            waiting.removeLast()
        }
        return nil
    }

    /// Gives away the oldest directories, which mostly are the ones with the most below them.
    private func share() {
        guard work.idle.load(ordering: .relaxed) > 0 else { return }
        if waiting.count > 1 {
            work.queue.push(waiting.removeFirst())
        } else if let half = waiting.indices.first.flatMap({ waiting[$0].splitHalf() }) {
            work.queue.push(half)
        }
    }

    private func scan(_ path: [UInt8]) {
        var shape = DirectoryShape()
        var children = ScanBatch(parent: path)
        do throws(VolumeError) {
            let directory = try volume.directory(path.span)
            try directory.forEachEntry { name, status in
                switch status {
                case .success(let status): add(status, name, in: directory, &shape, &children)
                case .failure(let error): note(error)
                }
            }
        } catch {
            if path.isEmpty { isRootUnreadable = true }
            note(error)
        }
        for index in meters.indices { meters[index].addDirectory(shape) }
        guard children.count > 0 else { return }
        work.outstanding.add(children.count, ordering: .relaxed)
        waiting.append(children)
    }

    private func note(_ error: VolumeError) {
        tree.unreadable += 1
        if failures.count < ScanWork.keptFailures { failures.append(error) }
    }

    // MARK: entries

    @inline(__always)
    private func add(
        _ status: FileStatus,
        _ name: Span<UInt8>,
        in directory: VolumeDirectory,
        _ shape: inout DirectoryShape,
        _ children: inout ScanBatch
    ) {
        if status.isDirectory {
            if directory.relativePath.isEmpty, isLostAndFound(name) { return }
            children.append(name)
        }
        guard !status.isRegular || status.size <= largestFile else { return }
        shape.add(nameLength: name.count)
        let isLinked = status.linkCount > 1 && !status.isDirectory
        let isFirst = !isLinked || work.links.isFirst(device: status.device, inode: status.inode)
        let pathLength = directory.relativePath.isEmpty ? name.count : directory.relativePath.count + 1 + name.count
        tree.add(status, nameLength: name.count, pathLength: pathLength, isFirstName: isFirst)
        guard isFirst else { return }
        addAttributes(of: name, in: directory)
        switch status.kind {
        case .directory: break  // when it is scanned
        case .regular:
            if status.isSparse, asksForHoles { return addSparse(status, name, in: directory) }
            for index in meters.indices { meters[index].addFile(size: Amount(status.size)) }
        case .symbolicLink:
            for index in meters.indices { meters[index].addSymbolicLink(length: Amount(status.size)) }
        case .unknown, .fifo, .socket, .characterDevice, .blockDevice:
            for index in meters.indices { meters[index].addSpecial() }
        }
    }

    private func isLostAndFound(_ name: Span<UInt8>) -> Bool {
        guard name.count == Self.lostAndFound.count else { return false }
        for index in name.indices where name[index] != Self.lostAndFound[index] { return false }
        return true
    }

    /// Asks where the data of a file with holes is; when that cannot be told, all of it counts as data.
    private func addSparse(_ status: FileStatus, _ name: Span<UInt8>, in directory: VolumeDirectory) {
        var shapes = meters.map { SparseShape(blockSize: $0.target.blockSize) }
        do throws(VolumeError) {
            let file = try directory.openForReading(name)
            var offset: Int64 = 0
            while let data = try file.nextData(from: offset), let hole = try file.nextHole(from: data), hole > data {
                for index in shapes.indices { shapes[index].add(data..<hole) }
                offset = hole
            }
        } catch {
            note(error)
            for index in meters.indices { meters[index].addFile(size: Amount(status.size)) }
            return
        }
        for index in meters.indices {
            if meters[index].keepsHoles {
                meters[index].addFile(size: Amount(status.size), shapes[index].result)
            } else {
                meters[index].addFile(size: Amount(status.size))
            }
        }
    }

    /// Counts attributes, and where they are carried what they take.
    private func addAttributes(of name: Span<UInt8>, in directory: VolumeDirectory) {
        do throws(VolumeError) {
            let attributes = try directory.extendedAttributeNames(of: name)
            guard !attributes.isEmpty else { return }
            tree.attributes.add(attributes)
            guard carriesAttributes else { return }
            var bytes = 0
            for attribute in attributes {
                bytes += attribute.count + (try directory.extendedAttributeLength(attribute.span, of: name))
            }
            for index in meters.indices where meters[index].target.carriesAttributes {
                meters[index].addAttributes(count: Amount(Int64(attributes.count)), bytes: Amount(Int64(bytes)))
            }
        } catch {
            note(error)
        }
    }
}
