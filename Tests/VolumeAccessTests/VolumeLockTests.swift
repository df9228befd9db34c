import Foundation
import TestSupport
import Testing

@testable import VolumeAccess

/// The lock of the one writer.
struct VolumeLockTests {
    private let directory: TemporaryDirectory
    private let anchors = LockAnchors()

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.file("outer/inner"),
            withIntermediateDirectories: true
        )
        try FileManager.default.createDirectory(atPath: directory.file("beside"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("link"),
            withDestinationPath: directory.file("outer")
        )
    }

    private func volume(_ name: String) throws -> Volume { try Volume.open(path: directory.file(name)) }

    private func take(_ name: String) throws -> VolumeLock? {
        let volume = try volume(name)
        return try VolumeLock.take(volume, try volume.lineage(), anchors)
    }

    @Test("a tree overlaps itself under another name, and what is in it, and nothing next to it")
    func overlaps() throws {
        let outer = try volume("outer").lineage()
        #expect(outer.overlaps(try volume("link").lineage()))
        #expect(outer.overlaps(try volume("outer/inner").lineage()))
        #expect(try volume("outer/inner").lineage().overlaps(outer))
        #expect(!outer.overlaps(try volume("beside").lineage()))
    }

    @Test("the lock excludes the same directory, one above and one below, until it is released")
    func excludes() throws {
        var lock = try take("outer")
        #expect(lock != nil)
        #expect(try take("link") == nil)
        #expect(try take("outer/inner") == nil)
        #expect(try take("beside") != nil)
        lock = nil
        // A child of another test may hold a copy of the descriptor between its fork and its exec.
        for _ in 0..<1000 where lock == nil {
            lock = try take("outer/inner")
            if lock == nil { usleep(10_000) }
        }
        #expect(lock != nil)
        #expect(try take("outer") == nil)
        _ = lock
    }

    @Test(
        "directories above that can no longer be opened are locked through descriptors opened before, as often as needed"
    )
    func anchored() throws {
        let anchors = LockAnchors(above: [try volume("outer/inner")])
        let identity = DirectoryIdentity(try volume("outer").root.status())
        #expect(anchors.take(identity) == .taken)
        #expect(anchors.take(identity) == .taken)
        anchors.release(identity)
        #expect(try take("outer") == nil)
        anchors.release(identity)
        #expect(try take("outer") != nil)
    }

    @Test(
        "a lock reaches as far as its kind of file system lets it",
        arguments: [
            ("ext4", LockReach.everywhere), ("xfs", .everywhere), ("ceph", .everywhere), ("nfs4", .host),
            ("fuse.glusterfs", .host), ("cifs", .host),
        ]
    )
    func reach(type: String, reach: LockReach) {
        #expect(VolumeLock.reach(ofType: type) == reach)
    }
}
