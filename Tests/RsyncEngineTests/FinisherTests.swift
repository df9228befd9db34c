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
}
