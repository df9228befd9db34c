import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Removal of trees")
struct RemovalTests {
    @Test("goes in descending order, directories and contents first, and reports before it removes")
    func order() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir -p t/b/c t/e && touch t/a t/b/x t/b/c/y t/d keep && ln -s ../keep t/e/l")
        var told: [String] = []
        let failures = try scratch.root.removeTree("t".name.span) { path, kind in
            let text = String(decoding: path, as: UTF8.self)
            told.append(text + (kind == .directory ? "/" : ""))
            #expect(scratch.status(text).st_ino != 0, "still there when told: \(text)")
            return true
        }
        #expect(failures.isEmpty)
        #expect(told == ["t/e/l", "t/e/", "t/b/c/y", "t/b/c/", "t/b/x", "t/b/", "t/d", "t/a", "t/"])
        #expect(try scratch.names == ["keep"])
        #expect(try scratch.root.removeTree("keep".name.span).isEmpty)
        #expect(try scratch.names == [])
    }

    @Test("leaves what is kept or refused, and the directories above it")
    func keeping() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir -p t/a/kept/x t/b t/c && touch t/a/kept/x/y t/b/refused t/c/z")
        let failures = try scratch.root.removeTree(
            "t".name.span,
            { path, _ in path != "t/b/refused".name },
            keeping: { path, _ in path == "t/a/kept".name }
        )
        #expect(failures.isEmpty)
        let rest = try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted()
        #expect(rest == ["t", "t/a", "t/a/kept", "t/a/kept/x", "t/a/kept/x/y", "t/b", "t/b/refused"])
    }

    @Test("neither enters nor removes a mount point, also one of the same file system")
    func mountPoints() throws {
        let scratch = try Scratch()
        let path = scratch.path
        try shell("cd \(path) && mkdir -p t/other t/same bound t/x && touch t/x/f bound/inside")
        try shell("mount -t tmpfs none \(path)/t/other && touch \(path)/t/other/inside")
        defer { try? shell("umount \(path)/t/other") }
        try shell("mount --bind \(path)/bound \(path)/t/same")
        defer { try? shell("umount \(path)/t/same") }
        let failures = try scratch.root.removeTree("t".name.span)
        #expect(failures == [.mountPoint(path: "t/same".name), .mountPoint(path: "t/other".name)])
        let rest = try FileManager.default.subpathsOfDirectory(atPath: path + "/t").sorted()
        #expect(rest == ["other", "other/inside", "same", "same/inside"])
    }

    @Test("empties directories that their owner may not change, and leaves those that stay as they were")
    func withoutPermission() throws {
        let scratch = try Scratch()
        let path = scratch.path
        try shell("cd \(path) && chmod 777 . && mkdir -p t/a/kept t/b/c t/d && touch t/a/kept/x t/a/y t/b/c/z t/d/f")
        try shell("cd \(path) && chown -R 4321 t && chmod 555 t/a t/b/c && chmod 100 t/b && chmod 0 t/d && chmod 511 t")
        let failures = try onThread(user: 4321) {
            try scratch.root.removeTree("t".name.span, keeping: { path, _ in path == "t/a/kept".name })
        }
        #expect(failures.isEmpty)
        let rest = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
        #expect(rest == ["t", "t/a", "t/a/kept", "t/a/kept/x"])
        #expect(["t", "t/a", "t/a/kept"].map { scratch.status($0).st_mode & 0o7777 } == [0o511, 0o555, 0o755])
    }

    @Test("reports what cannot be removed and removes the rest")
    func failing() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir -p t/a t/b && touch t/a/x t/b/y")
        let failures = try onThread(failing: [SystemCallFault(.unlinkat, EBUSY, argument: (2, 0x200))]) {
            try scratch.root.removeTree("t".name.span)
        }
        #expect(failures.map(\.path) == ["t/b".name, "t/a".name])
        #expect(failures.allSatisfy { $0.number == EBUSY })
        #expect(try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted() == ["t", "t/a", "t/b"])
    }

    @Test("removes trees deeper than a path can be long, or says why not", .timeLimit(.minutes(10)))
    func deep() throws {
        let scratch = try Scratch()
        var directory = scratch.root
        let name = [UInt8](repeating: UInt8(ascii: "d"), count: 100)
        for _ in 0..<200 {
            try directory.createDirectory(name.span, permissions: 0o700)
            directory = try directory.openDirectory(name.span)
        }
        #expect(try scratch.root.removeTree(name.span).isEmpty)
        #expect(try scratch.names == [])
    }
}

@Suite("DirectoryCache")
struct DirectoryCacheTests {
    @Test("keeps what was used last, and forgets a path with all below it")
    func cache() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir -p a/b ab c")
        let cache = DirectoryCache(volume: scratch.volume, capacity: 3)
        let a = try cache.directory("a".name.span)
        let below = try cache.directory("a/b".name.span)
        let other = try cache.directory("ab".name.span)
        #expect(try cache.directory("a".name.span) === a)
        cache.invalidate("a".name.span)
        #expect(try cache.directory("ab".name.span) === other)
        #expect(try cache.directory("a".name.span) !== a)
        #expect(try cache.directory("a/b".name.span) !== below)
        _ = try cache.directory("c".name.span)
        #expect(try cache.directory("ab".name.span) !== other)
        cache.invalidate("".name.span)
        try shell("rm -r \(scratch.path)/a")
        #expect(throws: VolumeError.self) { _ = try cache.directory("a/b".name.span) }
        #expect(try cache.directory("".name.span).relativePath == [])
    }
}

@Suite("IdentityNames")
struct IdentityNamesTests {
    @Test("maps names and numbers both ways, and knows what it does not know")
    func names() {
        let names = IdentityNames()
        for _ in 0..<2 {
            #expect(names.userName(0) == "root".name)
            #expect(names.groupName(0) == "root".name)
            #expect(names.user(named: "daemon".name) == 1)
            #expect(names.group(named: "daemon".name) == 1)
            #expect(names.userName(3_999_999_999) == nil)
            #expect(names.groupName(3_999_999_999) == nil)
            #expect(names.user(named: "nobody-has-this-name".name) == nil)
            #expect(names.user(named: "root\0x".name) == nil)
            #expect(names.group(named: "".name) == nil)
        }
    }

    @Test("lets others use only their own groups")
    func membership() throws {
        let answers = try onThread(user: 4321) {
            let names = IdentityNames()
            return [names.isMember(of: 4321), names.isMember(of: 0), names.isMember(of: 4321)]
        }
        #expect(answers == [true, false, true])
    }
}

@Suite("VolumeError")
struct VolumeErrorTests {
    @Test(
        "prints any path on one line",
        arguments: [
            ("a/b", "a/b".name), ("ä", "ä".name), ("\\#012x", [10, 0x78]), ("\\#377", [0xff]), (".", []),
            ("\\#302\\#205", [0xc2, 0x85]),
        ] as [(String, [UInt8])]
    )
    func description(_ text: String, _ path: [UInt8]) {
        let error = VolumeError.system(operation: "open", path: path, number: ENOENT)
        #expect(error.description == "open of \"\(text)\" failed: No such file or directory (2)")
        #expect(error.isMissing && !error.isOutOfSpace)
    }
}
