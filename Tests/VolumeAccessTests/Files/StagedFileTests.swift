import Foundation
import Glibc
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("StagedFile")
struct StagedFileTests {
    /// Files without a name, and the fall-back with a temporary name.
    static let ways: [[SystemCallFault]] = [
        [],
        [SystemCallFault(.openat, EOPNOTSUPP, argument: (2, 0o20000000))],
        [SystemCallFault(.linkat, ENOENT, argument: (4, 0x1000))],
    ]

    @Test("puts a new file in place with all its attributes", arguments: ways.indices, [false, true])
    func newFile(_ way: Int, isReplacing: Bool) throws {
        let scratch = try Scratch()
        let moment = Timestamp(seconds: 1_234_567_890, nanoseconds: 987_654_321)
        let wanted = FileAttributes(owner: 12, group: 34, permissions: 0o6751, modified: moment)
        let failures = try onThread(failing: StagedFileTests.ways[way]) {
            let staged = try scratch.root.stage("f".name.span, replacing: isReplacing, permissions: 0o6751)
            try staged.write("hello ".name.span)
            try staged.write("world".name.span)
            return try staged.commit(wanted)
        }
        #expect(failures == [])
        #expect(try scratch.names == ["f"])
        #expect(try scratch.read("f") == "hello world")
        let status = try #require(try scratch.root.status(of: "f".name.span))
        #expect(status.owner == 12 && status.group == 34 && status.permissions == 0o6751)
        #expect(status.modified == moment)
    }

    @Test(
        "has the length of its content, whatever was announced",
        arguments: [Int64(0), 3, 5, 9_000_000],
        [false, true]
    )
    func foretold(length: Int64, isSparse: Bool) throws {
        let scratch = try Scratch()
        let staged = try scratch.root.stage("f".name.span, replacing: false)
        staged.foretell(length: length)
        if isSparse { try staged.writeSparse("hello".name.span) } else { try staged.write("hello".name.span) }
        _ = try staged.commit(FileAttributes())
        #expect(try scratch.read("f") == "hello")
    }

    @Test("an impossible announced length is not an error")
    func impossibleLength() throws {
        let scratch = try Scratch()
        let staged = try scratch.root.stage("f".name.span, replacing: false)
        staged.foretell(length: .max)
        try staged.write("hello".name.span)
        staged.skip(zeros: 2)
        _ = try staged.commit(FileAttributes())
        #expect(try scratch.read("f") == "hello\0\0")
    }

    @Test("takes no more space on XFS than its pieces between holes")
    func piecesOnXFS() throws {
        let mounted = try MountedFileSystem(xfs: 320 << 20)
        let volume = try Volume.open(path: mounted.path)
        let staged = try volume.root.stage("f".name.span, replacing: false)
        staged.foretell(length: 100 << 20)
        for _ in 0..<100 {
            try staged.writeSparse(noise(4096).span)
            staged.skip(zeros: 1_048_576 - 4096)
        }
        _ = try staged.commit(FileAttributes())
        let status = try #require(try volume.root.status(of: "f".name.span))
        #expect(status.size == 100 << 20)
        #expect(status.blocks * 512 < 100 * 8192)
    }

    @Test("replaces what is there in one step, whatever was expected", arguments: ways.indices, [false, true])
    func replacing(_ way: Int, isReplacing: Bool) throws {
        for old in ["echo old > f", "ln -s nowhere f", "mkfifo f"] {
            let scratch = try Scratch()
            try shell("cd \(scratch.path) && \(old)")
            let length = try onThread(failing: StagedFileTests.ways[way]) {
                let staged = try scratch.root.stage("f".name.span, replacing: isReplacing)
                try staged.write("new".name.span)
                _ = try staged.commit(FileAttributes(permissions: 0o644))
                return staged.length
            }
            #expect(length == 3)
            #expect(try scratch.names == ["f"])
            #expect(try scratch.read("f") == "new")
            #expect(scratch.status("f").st_mode == S_IFREG | 0o644)
        }
    }

    @Test("leaves nothing when it is dropped or discarded", arguments: ways.indices, [false, true])
    func abandoned(_ way: Int, isDiscarding: Bool) throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        let during = try onThread(failing: StagedFileTests.ways[way]) {
            let staged = try scratch.root.stage("f".name.span, replacing: true)
            try staged.write("new".name.span)
            if isDiscarding { staged.discard() }
            return try scratch.names.count
        }
        #expect(during == (way == 1 && !isDiscarding ? 2 : 1))
        #expect(try scratch.names == ["f"])
        #expect(try scratch.read("f") == "old")
    }

    @Test("does not replace a directory, and leaves no temporary beside it", arguments: ways.indices)
    func directoryInTheWay(_ way: Int) throws {
        let scratch = try Scratch()
        try scratch.root.createDirectory("f".name.span)
        let (error, names) = try onThread(failing: StagedFileTests.ways[way]) { () -> (VolumeError?, [String]) in
            let staged = try scratch.root.stage("f".name.span, replacing: false)
            return try withExtendedLifetime(staged) {
                do throws(VolumeError) { _ = try staged.commit(FileAttributes()) } catch {
                    return (error, try scratch.names)
                }
                return (nil, [])
            }
        }
        #expect(names == ["f"], "also while the caller still holds the content")
        #expect(error == .system(operation: "rename", path: "f".name, number: EISDIR))
        #expect(try scratch.names == ["f"])
    }

    @Test("keeps a partial content that looks old")
    func partial() throws {
        let scratch = try Scratch()
        let staged = try scratch.root.stage("f".name.span, replacing: false)
        try staged.write("half".name.span)
        staged.skip(zeros: 4)
        try staged.keepPartial()
        #expect(try scratch.read("f") == "half\0\0\0\0")
        #expect(scratch.status("f").st_mtim.tv_sec == 0)
    }

    /// Every call that a commit makes, with the error it may give.
    static let faults: [SystemCallNumber] = [
        .openat, .pwrite, .ftruncate, .statx, .fchown, .utimensat, .fchmod, .syncFileRange, .linkat, .renameat, .fcntl,
    ]

    @Test("leaves the old file or the new one, and nothing else, whatever fails", arguments: faults, ways.indices)
    func faultAtEveryStep(_ call: SystemCallNumber, _ way: Int) throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        let faults = [SystemCallFault(call, EIO)]
        let ways = StagedFileTests.ways[way]
        // The first matching rule decides: the way's refusal comes before the fault.
        let outcome = try onThread(failing: ways + faults) { () -> (failures: [VolumeError], error: VolumeError?) in
            do throws(VolumeError) {
                let staged = try scratch.root.stage("f".name.span, replacing: true, permissions: 0o600)
                try staged.write("new".name.span)
                staged.skip(zeros: 2)
                let wanted = FileAttributes(owner: 5, permissions: 0o4755, modified: Timestamp(seconds: 5))
                return (try staged.commit(wanted), nil)
            } catch {
                return ([], error)
            }
        }
        #expect(try scratch.names == ["f"])
        let isMetadata = [.fchown, .utimensat, .fchmod].contains(call)
        let isUnused = (call == .fcntl && way != 1) || (call == .linkat && way == 1)
        if isMetadata || isUnused {
            #expect(outcome.error == nil)
            #expect(outcome.failures.count == (isMetadata ? 1 : 0))
            #expect(try scratch.read("f") == "new\0\0")
        } else {
            #expect(outcome.error?.number == EIO)
            #expect(try scratch.read("f") == "old")
        }
        if call == .fchown { #expect(scratch.status("f").st_mode & 0o7777 == 0o755, "no setuid for the wrong owner") }
    }

    @Test("reports a full disk, keeps the old file and frees the space", arguments: ways.indices)
    func fullDisk(_ way: Int) throws {
        let mounted = try MountedFileSystem(tmpfs: "size=1m")
        let volume = try Volume.open(path: mounted.path)
        try Data("old".utf8).write(to: URL(fileURLWithPath: mounted.path + "/f"))
        let error = try onThread(failing: StagedFileTests.ways[way]) { () -> VolumeError? in
            do throws(VolumeError) {
                let staged = try volume.root.stage("f".name.span, replacing: true)
                let data = [UInt8](repeating: 1, count: 600 * 1024)
                try staged.write(data.span)
                try staged.write(data.span)
                return nil
            } catch {
                return error
            }
        }
        #expect(error == .system(operation: "write", path: "f".name, number: ENOSPC))
        #expect(error?.isOutOfSpace == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: mounted.path) == ["f"])
        #expect(try String(contentsOfFile: mounted.path + "/f", encoding: .utf8) == "old")
        let again = try volume.root.stage("g".name.span, replacing: false)
        let data = [UInt8](repeating: 1, count: 600 * 1024)
        // A process that another test has just forked may hold the discarded file open until it executes its program.
        let deadline = ContinuousClock.now + .seconds(10)
        while try freeBytes(of: mounted.path) < data.count, .now < deadline { sched_yield() }
        try again.write(data.span)
        #expect(try again.commit(FileAttributes()).isEmpty)
    }

    private func freeBytes(of path: String) throws -> Int {
        var status = statvfs()
        try #require(statvfs(path, &status) == 0)
        return Int(status.f_bavail * status.f_frsize)
    }

    @Test("works without privileges, and reports what it is not permitted to do")
    func withoutPrivileges() throws {
        let scratch = try Scratch()
        try shell("chmod 777 \(scratch.path)")
        let failures = try onThread(user: 4321) {
            let staged = try scratch.root.stage("f".name.span, replacing: false, permissions: 0o640)
            try staged.write("mine".name.span)
            return try staged.commit(FileAttributes(owner: 0, permissions: 0o4640, modified: Timestamp(seconds: 9)))
        }
        #expect(failures == [.system(operation: "chown", path: "f".name, number: EPERM)])
        #expect(try scratch.read("f") == "mine")
        let status = scratch.status("f")
        #expect(status.st_uid == 4321 && status.st_mode & 0o7777 == 0o640 && status.st_mtim.tv_sec == 9)
    }

    @Test("gives the group of a setgid directory away when another is wanted")
    func setgidParent() throws {
        let scratch = try Scratch()
        try shell("chgrp 77 \(scratch.path) && chmod 2777 \(scratch.path)")
        for (name, group) in [("a", UInt32(0)), ("b", 77), ("c", 78)] {
            let staged = try scratch.root.stage(name.name.span, replacing: false, permissions: 0o600)
            #expect(try staged.commit(FileAttributes(owner: 0, group: group, permissions: 0o600)).isEmpty)
            #expect(scratch.status(name).st_gid == group)
        }
    }

    @Test("takes names of 255 bytes, of any bytes", arguments: [UInt8(ascii: "n"), 0xff, UInt8(ascii: "."), 10])
    func longNames(_ byte: UInt8) throws {
        let scratch = try Scratch()
        for way in StagedFileTests.ways {
            let name = [UInt8](repeating: byte, count: 255)
            let count = try onThread(failing: way) {
                let staged = try scratch.root.stage(name.span, replacing: true)
                _ = try staged.commit(FileAttributes())
                try scratch.root.placeSymbolicLink("t".name.span, as: name.span, isReplacing: true)
                return try scratch.root.list().count
            }
            #expect(count == 1)
            #expect(try scratch.root.readLink(name.span) == "t".name)
        }
    }
}

@Suite("Temporary names")
struct TemporaryNameTests {
    static let manyAs = [UInt8](repeating: 0x61, count: 255)
    static let manyHighBytes = [UInt8](repeating: 0xc3, count: 255)
    /// Names, and what their temporary names are before the six random characters.
    static let cases: [(name: [UInt8], stem: [UInt8])] = [
        ("file".name, ".file.".name),
        (".hidden".name, ".hidden.".name),
        ("dot.".name, ".dot.".name),
        (manyAs, [0x2e] + manyAs.prefix(246) + [0x2e]),
        (manyHighBytes, [0x2e]),
        (Array(manyAs.prefix(200) + manyHighBytes.prefix(55)), [0x2e] + manyAs.prefix(200) + [0x2e]),
        (Array(manyAs.prefix(246) + manyHighBytes.prefix(2)), [0x2e] + manyAs.prefix(246) + [0x2e]),
    ]

    @Test("follow transfer 14.3", arguments: cases.indices)
    func names(_ index: Int) {
        let (name, stem) = TemporaryNameTests.cases[index]
        let temporary = temporaryName(for: name.span, .content)
        #expect(Array(temporary.dropLast(6)) == stem)
        #expect(temporary.count <= 255)
        #expect(temporaryName(for: name.span, .content) != temporary)
    }

    @Test("that stand only until a rename are short", arguments: cases.indices)
    func brief(_ index: Int) {
        let (name, stem) = TemporaryNameTests.cases[index]
        let temporary = temporaryName(for: name.span, .replacement)
        #expect(stem.starts(with: temporary.dropLast(7)))
        #expect(temporary.count <= 15)
    }
}
