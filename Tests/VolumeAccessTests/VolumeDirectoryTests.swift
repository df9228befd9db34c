import Foundation
import Glibc
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("VolumeDirectory")
struct VolumeDirectoryTests {
    @Test("reports every kind of entry, listed and looked up")
    func kinds() throws {
        let scratch = try Scratch()
        let root = scratch.root
        try shell("cd \(scratch.path) && touch regular && truncate -s 5G sparse && mkdir directory")
        try root.placeSymbolicLink("regular".name.span, as: "link".name.span, isReplacing: false)
        try root.placeNode(mode: S_IFIFO | 0o600, as: "fifo".name.span, isReplacing: false)
        try root.placeNode(mode: S_IFSOCK | 0o600, as: "socket".name.span, isReplacing: false)
        try root.placeNode(
            mode: S_IFCHR | 0o600,
            major: 1,
            minor: 3,
            as: "character".name.span,
            isReplacing: false
        )
        try root.placeNode(
            mode: S_IFBLK | 0o600,
            major: 4095,
            minor: 1_048_575,
            as: "block".name.span,
            isReplacing: false
        )
        let listing = try root.list(withStatus: true)
        let kinds: [String: FileKind] = [
            "regular": .regular, "sparse": .regular, "directory": .directory, "link": .symbolicLink, "fifo": .fifo,
            "socket": .socket, "character": .characterDevice, "block": .blockDevice,
        ]
        #expect(listing.count == kinds.count)
        #expect(listing.failures.isEmpty)
        for index in 0..<listing.count {
            let name = String(decoding: listing.nameBytes(index), as: UTF8.self)
            let status = try #require(try root.status(of: listing.name(index)))
            #expect(listing.kinds[index] == kinds[name] && status.kind == kinds[name])
            #expect(listing.statuses[index] == status)
            #expect(listing.inodes[index] == status.inode && status.inode == UInt64(scratch.status(name).st_ino))
            #expect(status.blocks == UInt64(scratch.status(name).st_blocks))
            if name == "block" { #expect(status.deviceMajor == 4095 && status.deviceMinor == 1_048_575) }
            if name == "sparse" { #expect(status.size == 5 << 30 && status.isSparse) }
        }
        #expect(try root.list().statuses.isEmpty)
        #expect(try root.status(of: "nothing".name.span) == nil)
        #expect(try root.status().isDirectory)
    }

    @Test("lists any number of entries with any names, in byte order when sorted")
    func manyNames() throws {
        let scratch = try Scratch()
        var expected: [[UInt8]] = [[0xff, 0xfe], [10], [0x20], "a".name, "a!".name, [0x80]]
        expected += (0..<3000).map { number in
            let digits = "\(number)".name
            return digits + [UInt8](repeating: UInt8(truncatingIfNeeded: number) | 0x80, count: 255 - digits.count)
        }
        for name in expected { try scratch.root.createDirectory(name.span) }
        expected.sort { $0.lexicographicallyPrecedes($1) }
        for _ in 0..<2 {  // a listing starts at the beginning, however often it is made
            let listing = try scratch.root.list()
            #expect(listing.sortedIndices().map { listing.nameBytes($0) } == expected)
        }
    }

    @Test("reads link targets byte for byte", arguments: [1, 100, 4095])
    func links(_ length: Int) throws {
        let scratch = try Scratch()
        let target = noise(length)
        for isReplacing in [false, true, false] {
            try scratch.root.placeSymbolicLink(target.span, as: "l".name.span, isReplacing: isReplacing)
            #expect(try scratch.root.readLink("l".name.span) == target)
        }
        #expect(try scratch.names == ["l"])
        #expect(throws: VolumeError.system(operation: "readlinkat", path: "d/f".name, number: EINVAL)) {
            try shell("mkdir \(scratch.path)/d && touch \(scratch.path)/d/f")
            _ = try scratch.volume.directory("d".name.span).readLink("f".name.span)
        }
    }

    @Test("links across directories, also over another link to the same file", arguments: [false, true])
    func hardLinks(_ isReplacing: Bool) throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir a b && echo x > a/f && echo y > b/g && ln a/f b/same && ln -s f a/l")
        let from = try scratch.volume.directory("a".name.span)
        let to = try scratch.volume.directory("b".name.span)
        for name in ["g", "same", "new"] {
            try to.placeLink(from: from, "f".name.span, as: name.name.span, isReplacing: isReplacing)
            #expect(scratch.status("b/\(name)").st_ino == scratch.status("a/f").st_ino)
        }
        try to.placeLink(from: from, "l".name.span, as: "link".name.span, isReplacing: isReplacing)
        #expect(try to.readLink("link".name.span) == "f".name)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/b").count == 4)
        #expect(scratch.status("a/f").st_nlink == 4)
    }

    @Test(
        "leaves what is there, and no temporary, when placing fails",
        arguments: [SystemCallNumber.renameat, .symlinkat]
    )
    func placingFails(_ call: SystemCallNumber) throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        #expect(throws: VolumeError.self) {
            try onThread(failing: [SystemCallFault(call, ENOSPC)]) {
                try scratch.root.placeSymbolicLink("t".name.span, as: "f".name.span, isReplacing: true)
            }
        }
        try scratch.root.createDirectory("d".name.span)
        #expect(throws: VolumeError.system(operation: "rename", path: "d".name, number: EISDIR)) {
            try scratch.root.placeNode(mode: S_IFIFO, as: "d".name.span, isReplacing: false)
        }
        #expect(try scratch.names == ["d", "f"])
        #expect(try scratch.read("f") == "old")
    }

    @Test("reads a file at any place, to its end and not further")
    func reading() throws {
        let scratch = try Scratch()
        let content = noise(300_000)
        try Data(content).write(to: URL(fileURLWithPath: scratch.directory.file("f")))
        let before = scratch.status("f").st_atim
        let file = try scratch.root.openForReading("f".name.span)
        file.adviseSequential()
        #expect(file.status.size == 300_000)
        for (offset, count) in [(0, 300_000), (100_000, 131_072), (262_144, 37_856), (300_000, 0), (400_000, 0)] {
            var buffer = [UInt8](repeating: 0, count: offset == 0 ? 300_000 : 131_072)
            var span = buffer.mutableSpan
            #expect(try file.read(into: &span, at: Int64(offset)) == count)
            #expect(buffer.prefix(count) == content.dropFirst(offset).prefix(count))
        }
        let after = scratch.status("f").st_atim
        #expect(before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec)
    }

    @Test("reads files of others without privileges, and enters directories it may not list")
    func withoutPrivileges() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && chmod 755 . && mkdir -m 711 d && echo x > d/f && chmod 644 d/f")
        let (size, error) = try onThread(user: 4321) { () -> (Int64, VolumeError?) in
            for path in ["d".name] {
                let directory = try scratch.volume.directory(path.span)
                let size = try directory.openForReading("f".name.span).status.size
                do throws(VolumeError) { _ = try directory.list() } catch { return (size, error) }
            }
            return (0, nil)
        }
        #expect(size == 2)
        #expect(error == .system(operation: "open", path: "d".name, number: EACCES))
    }

    @Test("renames within and between directories")
    func renames() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir d && echo x > a")
        let directory = try scratch.root.openDirectory("d".name.span)
        try scratch.root.rename("a".name.span, as: "b".name.span)
        try scratch.root.rename("b".name.span, to: directory, as: "c".name.span)
        #expect(try scratch.read("d/c") == "x\n")
        #expect(throws: VolumeError.system(operation: "rename", path: "b".name, number: ENOENT)) {
            try scratch.root.rename("b".name.span, as: "a".name.span)
        }
    }
}

@Suite("FileAttributes")
struct FileAttributesTests {
    static let moments = [
        Timestamp(seconds: 0), Timestamp(seconds: -1, nanoseconds: 999_999_999), Timestamp(seconds: -86_400 * 365 * 30),
        Timestamp(seconds: 1, nanoseconds: 1), Timestamp(seconds: 1 << 31), Timestamp(seconds: 1 << 32, nanoseconds: 5),
        Timestamp(seconds: 10_000_000_000, nanoseconds: 123_456_789),
    ]

    @Test("sets times to the nanosecond on every kind of entry", arguments: moments)
    func times(_ moment: Timestamp) throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && touch f && mkdir d && ln -s f l && mkfifo p && mknod c c 1 3")
        for name in ["f", "d", "l", "p", "c"] {
            let name = name.name
            #expect(try scratch.root.setAttributes(name.span, FileAttributes(modified: moment)).isEmpty)
            #expect(try scratch.root.status(of: name.span)?.modified == moment)
        }
        let accessed = FileAttributes(accessed: moment)
        let before = try scratch.root.status(of: "f".name.span)
        #expect(try scratch.root.setAttributes("f".name.span, accessed).isEmpty)
        #expect(try scratch.root.status(of: "f".name.span)?.accessed == moment)
        #expect(try scratch.root.status(of: "f".name.span)?.modified == before?.modified)
        #expect(try scratch.root.setAttributes(FileAttributes(permissions: 0o750, modified: moment)).isEmpty)
        #expect(try scratch.root.status().modified == moment)
    }

    @Test("sets times to the nanosecond on ext4, as far as it counts")
    func timesOnExt4() throws {
        let mounted = try MountedFileSystem(ext4: 16 << 20)
        let volume = try Volume.open(path: mounted.path)
        let seconds: [Int64] = [-0x7fff_ffff, -1, 0, 0x1_0000_0000, 0x3_0000_0000]
        for seconds in seconds {
            let moment = Timestamp(seconds: seconds, nanoseconds: 123_456_789)
            let staged = try volume.root.stage("f".name.span, replacing: true)
            #expect(try staged.commit(FileAttributes(modified: moment)).isEmpty)
            #expect(try volume.root.status(of: "f".name.span)?.modified == moment)
        }
    }

    @Test(
        "keeps setuid, setgid and sticky through a change of owner",
        arguments: [UInt32(0o4755), 0o2755, 0o7777, 0o1777]
    )
    func specialBits(_ permissions: UInt32) throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && touch f && mkdir d && chmod \(String(permissions, radix: 8)) f d")
        for name in ["f".name, "d".name] {
            let wanted = FileAttributes(owner: 7, group: 8, permissions: permissions)
            #expect(try scratch.root.setAttributes(name.span, wanted).isEmpty)
            let status = try #require(try scratch.root.status(of: name.span))
            #expect(status.permissions == permissions && status.owner == 7 && status.group == 8)
        }
    }

    @Test("makes no call for what is there already")
    func nothingToDo() throws {
        let scratch = try Scratch()
        try shell("touch \(scratch.path)/f")
        let name = "f".name
        let failures = try onThread(failing: [
            SystemCallFault(.utimensat, EIO), SystemCallFault(.fchmodat2, EIO), SystemCallFault(.fchown, EIO),
        ]) {
            guard let status = try scratch.root.status(of: name.span) else { return [VolumeError.invalidName(name)] }
            let wanted = FileAttributes(
                owner: status.owner,
                group: status.group,
                permissions: status.permissions,
                modified: status.modified,
                accessed: status.accessed
            )
            return try scratch.root.setAttributes(name.span, wanted, current: status)
        }
        #expect(failures.isEmpty)
    }

    @Test("sets what it can and reports the rest")
    func partly() throws {
        let scratch = try Scratch()
        try shell("touch \(scratch.path)/f && chmod 600 \(scratch.path)/f")
        let failures = try onThread(failing: [SystemCallFault(.utimensat, EROFS)]) {
            let wanted = FileAttributes(owner: 9, permissions: 0o4711, modified: Timestamp(seconds: 1))
            return try scratch.root.setAttributes("f".name.span, wanted)
        }
        #expect(failures == [.system(operation: "utimensat", path: "f".name, number: EROFS)])
        #expect(scratch.status("f").st_mode & 0o7777 == 0o4711)
        #expect(throws: VolumeError.system(operation: "statx", path: "no".name, number: ENOENT)) {
            try scratch.root.setAttributes("no".name.span, FileAttributes(owner: 1))
        }
    }
}
