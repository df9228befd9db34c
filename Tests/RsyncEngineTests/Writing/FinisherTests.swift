import Foundation
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import VolumeAccess

@testable import RsyncEngine

/// What a finisher does when the file system or the process has nothing left.
@Suite("Finisher")
struct FinisherTests {
    /// Leaves one inode free, and gives that to a file without a name.
    private static func stageLast(in volume: Volume) throws -> StagedFile {
        var names: [String] = []
        do throws(VolumeError) {
            while true {
                let name = "filler\(names.count)"
                _ = try volume.root.stage(Array(name.utf8).span, replacing: false).commit(FileAttributes())
                names.append(name)
            }
        } catch {
            guard error.isOutOfSpace, let last = names.last else { throw error }
            try volume.root.remove(Array(last.utf8).span)
        }
        return try volume.root.stage(Array("staged".utf8).span, replacing: false)
    }

    @Test(
        "a small file that finds no inode gets one that the other finisher still holds",
        .enabled(if: MountedVolume.isPossible(.tmpfs), "only root can mount a file system"),
        .timeLimit(.minutes(10)),
        arguments: [true, false]
    )
    func sharedInodes(releases: Bool) throws {
        let disk = try MountedVolume(.tmpfs, mebibytes: 16)
        try ChildProcess.run("/usr/bin/mount", ["-o", "remount,nr_inodes=16", disk.path])
        let volume = try Volume.open(path: disk.path)
        let staged = Mutex<HandedOver<StagedFile>?>(HandedOver(try Self.stageLast(in: volume)))
        let (queue, other) = (
            BoundedQueue<[FileJob]>(capacity: 10, name: "jobs"), BoundedQueue<[FileJob]>(capacity: 10, name: "jobs")
        )
        let events = BoundedQueue<GeneratorEvent>(capacity: .max, name: "events")
        let state = SessionState.ofReceiver()
        let finisher = HandedOver(
            Finisher(
                state: state,
                destination: Destination(volume: volume, localName: nil, wasCreated: false),
                jobs: queue,
                other: other,
                events: events,
                staging: SharedStaging(),
                synchronizer: nil
            )
        )
        // The other finisher has more to do than its queue can hold.
        other.push([], weight: 100)
        let sibling = try Background {
            while let batch = other.pop() {
                for case .mark(let mark) in batch {
                    // It is busy with what it was given before.
                    Thread.sleep(forTimeInterval: 0.3)
                    if releases {
                        staged.withLock { $0 = nil }
                        // Between fork and exec, a child process of another test holds the file open.
                        while try volume.space().freeInodes == 0 { Thread.sleep(forTimeInterval: 0.01) }
                    }
                    mark.close()
                }
            }
        }
        let working = try Background { finisher.value.run() }
        queue.push([.small(Array("bytes".utf8), .ofNewFile("new"))], weight: 5)
        queue.close()
        try working.value()
        other.close()
        try sibling.value()
        // Without an inode only this file fails.
        #expect(!state.hasFailed)
        #expect(state.outcomeCode == (releases ? 0 : 23))
        #expect(FileManager.default.fileExists(atPath: disk.path + "/new") == releases)
        switch events.tryPop() {
        case .finished(let plans): #expect(releases && plans.count == 1)
        case .abandoned: #expect(!releases)
        default: Issue.record("the generator is not told")
        }
    }

    @Test(
        "two finishers replace small files where there is space for one new file at a time",
        .enabled(if: MountedVolume.isPossible(.tmpfs), "only root can mount a file system"),
        .timeLimit(.minutes(10))
    )
    func oneSpareFile() throws {
        // Large enough that the writes of two overlap.
        let (count, block) = (40, [UInt8](repeating: 7, count: 256 * 1024))
        let disk = try MountedVolume(.tmpfs, mebibytes: 16)
        let volume = try Volume.open(path: disk.path)
        let names = (0..<count).map { "file\($0)" }
        for name in names { try Self.write(block, name, in: volume) }
        try Self.leaveSpace(for: Int64(block.count), in: volume)
        let plans = try names.map { name in
            TransferPlan.ofFile(name, replacing: try volume.root.status(of: Array(name.utf8).span))
        }
        let (finished, abandoned, state) = try Self.runTwo(plans, block, in: volume)
        #expect(finished == count && abandoned == 0)
        #expect(state.outcomeCode == 0)
    }

    @Test(
        "two finishers that find no inode do not wait for each other",
        .enabled(if: MountedVolume.isPossible(.tmpfs), "only root can mount a file system")
    )
    func noInodes() throws {
        let disk = try MountedVolume(.tmpfs, mebibytes: 16)
        try ChildProcess.run("/usr/bin/mount", ["-o", "remount,nr_inodes=16", disk.path])
        let volume = try Volume.open(path: disk.path)
        // Holds the last inode until the end. Two finishers that waited for each other would need 5 s for each pair of files.
        let last = try Self.stageLast(in: volume)
        let plans = (0..<40).map { TransferPlan.ofNewFile("new\($0)") }
        let (finished, abandoned, state) = try Self.runTwo(plans, Array("bytes".utf8), in: volume)
        last.discard()
        #expect(finished == 0 && abandoned == plans.count)
        #expect(!state.hasFailed)
        #expect(state.outcomeCode == 23)
    }

    /// Runs two finishers that each get every other file, all with the same content.
    private static func runTwo(
        _ plans: [TransferPlan],
        _ content: [UInt8],
        in volume: Volume
    ) throws -> (finished: Int, abandoned: Int, SessionState) {
        let queues = (0..<2).map { _ in BoundedQueue<[FileJob]>(capacity: 1 << 30, name: "jobs") }
        for (index, plan) in plans.enumerated() { queues[index % 2].push([.small(content, plan)], weight: 1) }
        let (state, events) = (SessionState.ofReceiver(), BoundedQueue<GeneratorEvent>(capacity: .max, name: "events"))
        let staging = SharedStaging()
        let running = try (0..<2).map { number in
            let finisher = HandedOver(
                Finisher(
                    state: state,
                    destination: Destination(volume: volume, localName: nil, wasCreated: false),
                    jobs: queues[number],
                    other: queues[1 - number],
                    events: events,
                    staging: staging,
                    synchronizer: nil
                )
            )
            return try Background { finisher.value.run() }
        }
        // A finisher that waits for the other one's names needs its queue open.
        let deadline = ContinuousClock.now + .seconds(60)
        var (finished, abandoned) = (0, 0)
        while finished + abandoned < plans.count {
            guard case .element(let event) = events.pop(within: ContinuousClock.now.duration(to: deadline)) else {
                Issue.record("the finishers did not finish within a minute")
                break
            }
            switch event {
            case .finished(let plans): finished += plans.count
            case .abandoned: abandoned += 1
            default: Issue.record("an event that no finisher sends")
            }
        }
        for queue in queues { queue.close() }
        for worker in running { try worker.value() }
        return (finished, abandoned, state)
    }

    private static func write(_ bytes: [UInt8], _ name: String, in volume: Volume) throws {
        let file = try volume.root.stage(Array(name.utf8).span, replacing: false)
        try file.write(bytes.span)
        _ = try file.commit(FileAttributes())
    }

    /// Fills the file system until it has space for a number of bytes.
    private static func leaveSpace(for bytes: Int64, in volume: Volume) throws {
        let free = try volume.usableSpace().freeBytes - bytes
        try write([UInt8](repeating: 0, count: Int(free)), "filler", in: volume)
    }
}
