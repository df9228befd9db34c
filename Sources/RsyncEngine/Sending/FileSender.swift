import Synchronization
import Checksums
import DeltaTransfer
import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Sends one file's data: whole, or as a delta against the receiver's block sums (protocol specification, transfer 12).
///
/// One thread uses a sender.
final class FileSender {
    private static let pieceLength = 256 * 1024
    /// Files that were listed with at most this many bytes are read in one call.
    private static let smallLimit: Int64 = 32 * 1024

    private let state: SessionState
    private let output: WireOutput
    private let tokens: TokenWriter
    private let directories: SourceDirectories
    private var fileSum: StreamingChecksum
    private let isPlain: Bool
    private let copiesDevices: Bool
    /// The last small file's bytes, and one more byte to notice growth.
    private var small = [UInt8](repeating: 0, count: Int(FileSender.smallLimit) + 1)
    /// The buffer for files that are compressed or compared; one byte until it is needed.
    private var window = ByteMemory(count: 1)
    /// The file whose progress is reported; nil when progress is not requested.
    private var followed: (name: [UInt8], size: Int64, offset: Int64)?
    /// Why less was read of a file than asked for: `errno`; nil for a file that became shorter.
    private var readFailure: Int32?
    /// Bytes that were written for the file sent last, with its item.
    private var lastLength: Int64 = 0
    /// The checksum of the file sent last.
    private var lastDigest: [UInt8] = []
    /// Requested attributes of files that were not sent, by the numbers of their sets: they are sent with the next item that has
    /// the set, which the receiving side relies on (protocol specification, transfer 8.2).
    private var owed: [Int32: Set<Int>] = [:]

    init(state: SessionState, output: WireOutput, directories: SourceDirectories) throws(WireError) {
        self.state = state
        self.output = output
        tokens = try TokenWriter(
            output: output,
            compression: state.parameters.compression,
            level: state.parameters.compressionLevel
        )
        copiesDevices = state.options.attributes.copiesDevices
        isPlain = state.parameters.compression == .none
        self.directories = directories
        fileSum = StreamingChecksum(state.parameters.transferRecipe)
    }

    /// Describes an entry that is not sent, or not yet.
    func report(_ item: Item, _ entry: FileEntry, in list: FileList, transferred: Int64) -> ItemReport {
        var report = ItemReport(item, entry, in: list, of: state, isSending: true, transferred: transferred)
        report.directory = directories.argumentDirectory(of: entry)
        report.settleLinkTime(in: state.parameters.dialect)
        return report
    }

    /// Describes the file that was sent last.
    func reportLast(_ item: Item, _ entry: FileEntry, in list: FileList, _ content: ContentRequest) -> ItemReport {
        var report = report(item, entry, in: list, transferred: lastLength)
        report.note(checksum: lastDigest, of: state)
        // Four numbers, and the sums of each block.
        report.sumBytes = 16
        if case .delta(let signature) = content {
            report.sumBytes += Int64(signature.geometry.count * (4 + signature.geometry.strongLength))
        }
        return report
    }

    /// Answers a request.
    ///
    /// - Returns: False if the file could not be opened: the receiver has been told, nothing else was sent.
    /// - Throws: ``WireError`` when the peer is gone.
    func send(
        _ index: Int32,
        _ item: Item,
        _ content: ContentRequest,
        _ values: [Int],
        _ entry: FileEntry,
        in list: FileList
    ) throws(WireError) -> Bool {
        let file: ReadableFile?
        do throws(VolumeError) {
            file = try open(entry, in: list, isWhole: content.geometry.count == 0)
        } catch {
            try refuse(index, entry, in: list, error)
            return false
        }
        let size = file?.status.size ?? entry.size
        if let limit = state.options.limits.largestFile, size > limit {
            state.report(state.describeTooLarge(list.name(of: entry), size, limit), .errorTransfer)
            try tellNotSent(index)
            return false
        }
        if case .rest = content, size < entry.size {
            state.report("skipped diminished file: \"\(PrintableText.path(list.name(of: entry)))\"", .warning)
            try tellNotSent(index)
            return false
        }
        if state.observer.wantsFileProgress, !state.isServer { followed = (Array(list.name(of: entry)), size, 0) }
        if state.observer.wantsItemsFirst, !state.isServer {
            state.observer.didChange(report(item, entry, in: list, transferred: 0))
        }
        let start = output.bytesWritten + Int64(output.pending)
        try output.index(index)
        try item.write(to: output)
        if state.carriesValues(item.flags) { try send(values, of: entry, in: list) }
        try content.geometry.write(to: output)
        let isIntact = try sendContent(file, content, item, size: size)
        try tokens.end()
        var digest = fileSum.finish().bytes
        if !isIntact {
            // A false checksum makes the receiver request the file again (protocol specification, transfer 12.1).
            let falseSum = [UInt8](repeating: 0, count: digest.count)
            digest = digest == falseSum ? falseSum.dropLast() + [1] : falseSum
            state.reportUnreadPart(at: directories.shown(entry, in: list), readFailure)
        }
        try output.bytes(digest)
        lastDigest = digest
        lastLength = output.bytesWritten + Int64(output.pending) - start
        fileSum.reset()
        if let file, state.options.output.listsChangedFiles { noteChange(file, entry, in: list) }
        if let followed { state.observer.didMove(name: followed.name, offset: followed.size, size: followed.size) }
        state.countTransfer(of: entry)
        state.progress.filesTransferred.add(1, ordering: .relaxed)
        return true
    }

    /// Sends the values of extended attributes that the receiving side requested (protocol specification, transfer 8.2).
    ///
    /// - Parameters:
    ///   - places: Which attributes of the entry.
    ///   - entry: The file that has them.
    ///   - list: The list that holds it.
    /// - Throws: ``WireError`` with exit code 2 when the entry has no such attribute.
    func send(_ places: [Int], of entry: FileEntry, in list: FileList) throws(WireError) {
        let number = list.attributes(of: entry).extended
        let attributes = try attributes(places, ofSet: number)
        var places = places
        if let owed = owed.removeValue(forKey: number) { places = owed.union(places).sorted() }
        var last = -1
        for place in places {
            let value = read(attributes[place].name, of: entry, in: list)
            try AttributeValues.write(value ?? [], at: place, after: last, to: output)
            last = place
        }
        try AttributeValues.writeEnd(to: output)
    }

    /// Remembers which values were requested with a file that is not sent.
    ///
    /// - Throws: As ``send(_:of:in:)``.
    func owe(_ places: [Int], of entry: FileEntry, in list: FileList) throws(WireError) {
        guard !places.isEmpty else { return }
        let number = list.attributes(of: entry).extended
        _ = try attributes(places, ofSet: number)
        owed[number, default: []].formUnion(places)
    }

    /// The attributes of a set in which each of the places exists.
    private func attributes(_ places: [Int], ofSet number: Int32) throws(WireError) -> [ExtendedAttribute] {
        let attributes = state.metadata.set(number).attributes
        guard places.allSatisfy(attributes.indices.contains) else {
            throw .violation("an extended attribute was requested that the file does not have", exitCode: 2)
        }
        return attributes
    }

    private func read(_ name: [UInt8], of entry: FileEntry, in list: FileList) -> [UInt8]? {
        guard let name = state.attributeNames?.sourceName(of: name) else { return nil }
        return directories.extendedAttribute(name, of: entry, in: list)
    }

    /// Opens a file of a list.
    ///
    /// - Returns: Nil if it is a small one that is sent whole, and `small` holds its bytes.
    private func open(_ entry: FileEntry, in list: FileList, isWhole: Bool) throws(VolumeError) -> ReadableFile? {
        if directories.follows { return try directories.openFollowing(entry, in: list) }
        let directory = try directories.directory(of: entry, in: list)
        let leaf = list.leaf(of: entry)
        guard isWhole, entry.size <= Self.smallLimit, !copiesDevices else {
            return try directory.openForReading(
                leaf.span,
                listedAs: entry.modificationTime,
                orDevice: copiesDevices
            )
        }
        var bytes = small
        small = []
        defer { small = bytes }
        var all = bytes.mutableSpan
        var buffer = all._mutatingExtracting(first: Int(entry.size) + 1)
        return try directory.readListed(leaf.span, listedAs: entry.modificationTime, into: &buffer)
    }

    /// Sends a file's content, which was already read if there is no file.
    ///
    /// - Returns: Whether all of it could be read.
    private func sendContent(
        _ file: ReadableFile?,
        _ content: ContentRequest,
        _ item: Item,
        size: Int64
    ) throws(WireError) -> Bool {
        guard let file else {
            try sendSmall(count: Int(size))
            return true
        }
        switch content {
        case .rest(let geometry): return try sendRest(file, after: min(geometry.basisSize, size))
        case .delta(let signature) where signature.geometry.count == 0: return try sendWhole(file)
        case .delta(let signature): return try sendDelta(file, signature, item)
        }
    }

    /// Reports a file that was written to after it had been listed, or while it was read.
    private func noteChange(_ file: borrowing ReadableFile, _ entry: FileEntry, in list: FileList) {
        var status = file.status
        // A small file was read in one call and is not examined again. If a large one cannot be, its status when opened
        // counts.
        if status.size > 1 << 20, let now = try? file.currentStatus() { status = now }
        let name = PrintableText.path(list.name(of: entry))
        let isSameTime =
            status.modified.seconds == entry.modified
            && (UInt32(clamping: status.modified.nanoseconds) == entry.nanoseconds
                || !state.parameters.dialect.listsNanoseconds)
        guard status.size != entry.size || !isSameTime else { return }
        let change =
            switch status.size - entry.size {
            case 0: "been written to"
            case 1...: "grown"
            default: "shrunk"
            }
        let lengths = status.size == entry.size ? "" : " (from \(entry.size) to \(status.size) bytes)"
        state.report("file has \(change) while it was read: \"\(name)\"\(lengths)", .warning)
    }

    /// Reports to both sides that a requested file cannot be read.
    private func refuse(
        _ index: Int32,
        _ entry: FileEntry,
        in list: FileList,
        _ error: VolumeError
    ) throws(WireError) {
        state.reportUnreadable(list.name(of: entry), at: directories.shown(entry, in: list), error)
        try tellNotSent(index)
    }

    /// Tells the receiver not to wait for a file; before protocol 30 it notices at the end of the phase.
    private func tellNotSent(_ index: Int32) throws(WireError) {
        if state.parameters.dialect.hasErrorMessages { try output.message(.noSend, number: index) }
    }

    // MARK: whole files

    /// Sends the first bytes of `small`.
    private func sendSmall(count: Int) throws(WireError) {
        let bytes = small
        let content = bytes.span.extracting(first: count).rawBytes
        fileSum.update(content)
        try tokens.literal(content)
        state.count { $0.literalData.addClamped(Int64(count)) }
        if count > 0 { moved(count) }
        // Files that compress well, or are almost empty, fill the output slowly.
        try state.keepAlive(output)
    }

    /// Sends what follows the beginning of a file, which the receiving side has already.
    private func sendRest(_ file: borrowing ReadableFile, after length: Int64) throws(WireError) -> Bool {
        var isIntact = true
        if state.checksAppended { isIntact = try sum(file, upTo: length) }
        if let followed { self.followed = (followed.name, followed.size, length) }
        return try sendWhole(file, from: length) && isIntact
    }

    /// Adds the beginning of a file to its checksum.
    ///
    /// - Returns: Whether all of it could be read.
    private func sum(_ file: borrowing ReadableFile, upTo length: Int64) throws(WireError) -> Bool {
        var isIntact = true
        var offset: Int64 = 0
        growWindow(to: Self.pieceLength)
        while offset < length, isIntact {
            try state.goOn(output)
            let place = window[0..<Int(min(length - offset, Int64(Self.pieceLength)))]
            fileSum.update(place.prefix(read(file, into: place, at: offset, &isIntact)).bytes)
            offset += Int64(place.count)
            // Nothing is sent in the meantime.
            try state.keepAlive(output)
        }
        return isIntact
    }

    /// Sends a file as literal data.
    ///
    /// - Returns: False if less could be read than the file had when it was opened; zeros were sent instead.
    private func sendWhole(_ file: borrowing ReadableFile, from start: Int64 = 0) throws(WireError) -> Bool {
        let size = file.status.size
        var offset = start
        var isIntact = true
        if size > 1 << 20 { file.adviseSequential() }
        while offset < size {
            try state.goOn(output)
            let wanted = Int(min(size - offset, Int64(isPlain ? TokenWriter.literalLimit : Self.pieceLength)))
            let place = try literalPlace(wanted)
            let count = read(file, into: place, at: offset, &isIntact)
            fileSum.update(place.prefix(count).bytes)
            if count < wanted { place.dropFirst(count).clear() }
            if isPlain {
                try tokens.commitLiteral(wanted)
            } else {
                try tokens.literal(place.bytes)
            }
            offset += Int64(wanted)
            moved(wanted)
            // Data that compresses well fills the output slowly.
            if !isPlain { try state.keepAlive(output) }
        }
        state.count { $0.literalData.addClamped(size - start) }
        return isIntact
    }

    /// The memory that the next piece is read into: the output itself, or the window if it is compressed from there.
    private func literalPlace(_ wanted: Int) throws(WireError) -> MemorySlice {
        if isPlain {
            return try tokens.literalSpace(wanted)
        }
        growWindow(to: Self.pieceLength)
        return window[0..<wanted]
    }

    /// Fills `place` if the file has that much; a failure is treated as a short file.
    private func read(
        _ file: borrowing ReadableFile,
        into place: MemorySlice,
        at offset: Int64,
        _ isIntact: inout Bool
    ) -> Int {
        guard isIntact else { return 0 }
        var count = 0
        readFailure = nil
        do throws(VolumeError) {
            count = try file.read(into: place, at: offset)
            // A file system that gives less than the file has, which nobody changed, has lost it.
            if count < place.count, try !hasChanged(file) { readFailure = EIO }
        } catch {
            readFailure = error.number ?? EIO
        }
        if count < place.count { isIntact = false }
        return count
    }

    /// Whether a file is another one than when it was opened.
    private func hasChanged(_ file: borrowing ReadableFile) throws(VolumeError) -> Bool {
        let now = try file.currentStatus()
        return now.size < file.status.size || now.modified != file.status.modified
    }

    // MARK: deltas

    private func sendDelta(
        _ file: borrowing ReadableFile,
        _ signature: Signature,
        _ item: Item
    ) throws(WireError) -> Bool {
        let isInPlace = state.options.placement.writesInPlace && item.basis == Item.Basis.destination
        var matcher = BlockMatcher(signature, inPlace: isInPlace)
        let size = file.status.size
        growWindow(to: max(4 * Self.pieceLength, 4 * signature.geometry.blockLength))
        file.adviseSequential()
        var held = 0
        var offset: Int64 = 0
        var isIntact = true
        var literal: Int64 = 0
        repeat {
            try state.goOn(output)
            let wanted = Int(min(size - offset, Int64(window.count - held)))
            let place = window[held..<held + wanted]
            let count = read(file, into: place, at: offset, &isIntact)
            fileSum.update(place.prefix(count).bytes)
            if count < wanted { place.dropFirst(count).clear() }
            offset += Int64(wanted)
            held += wanted
            let filled = window[0..<held]
            var cursor = 0
            let used = try matcher.match(filled.bytes, isLast: offset == size) {
                (token) throws(WireError) in
                try write(token, filled, signature.geometry, &cursor, &literal)
            }
            window.moveToFront(used..<held)
            held -= used
            moved(wanted)
            // Nothing is sent while a long file matches.
            try state.keepAlive(output)
        } while offset < size
        let found = matcher.statistics
        state.count { statistics in
            statistics.literalData.addClamped(literal)
            statistics.matchedData.addClamped(size - literal)
            statistics.matches += found.matches
            statistics.hashHits += found.hashHits
            statistics.falseAlarms += found.falseAlarms
        }
        return isIntact
    }

    private func write(
        _ token: DeltaToken,
        _ filled: MemorySlice,
        _ geometry: BlockGeometry,
        _ cursor: inout Int,
        _ literal: inout Int64
    ) throws(WireError) {
        switch token {
        case .literal(let range):
            try tokens.literal(filled[range].bytes)
            cursor = range.upperBound
            literal += Int64(range.count)
        case .copy(let block, let count):
            try tokens.copy(block: Int32(block), count: count)
            let length = Int(geometry.length(ofBlocks: block, count: count))
            try tokens.matched(filled[cursor..<cursor + length], blockLength: geometry.blockLength)
            cursor += length
        }
    }

    private func growWindow(to length: Int) {
        if window.count < length { window = ByteMemory(count: length) }
    }

    private func moved(_ count: Int) {
        state.progress.noteMoved(count)
        guard var file = followed else { return }
        file.offset += Int64(count)
        followed = file
        guard file.offset < file.size else { return }
        state.observer.didMove(name: file.name, offset: file.offset, size: file.size)
    }
}
