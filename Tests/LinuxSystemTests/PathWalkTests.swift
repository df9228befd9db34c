import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// A tree with links of three kinds of owners; `below` is the directory that limits and enclosures are about.
private struct LinkedTree {
    let directory: TemporaryDirectory
    var top: String { directory.file("below") }

    init() throws {
        directory = try TemporaryDirectory()
        let manager = FileManager.default
        for name in ["below/inner/deep", "outside/deep"] {
            try manager.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        for name in ["below/file", "below/inner/file", "outside/file"] {
            try Data(name.utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        let links = [
            "near": "inner", "far": "../outside", "up": "inner/../inner", "loop": "loop", "absolute": "\(top)/inner",
            "elsewhere": directory.file("outside"), "fromroot": "/inner", "toFile": "inner/file", "dangling": "nothing",
            "foreign": "inner", "twice": "foreign",
        ]
        for (name, target) in links { #expect(symlink(target, "\(top)/\(name)") == 0) }
        if geteuid() == 0 { #expect(lchown("\(top)/foreign", 65534, 65534) == 0) }
    }

    /// Opens a path from `below`.
    ///
    /// - Returns: Where it led, relative to the tree; or the error.
    func open(_ path: String, _ flags: Int32, by rule: PathRule, making: UInt32? = nil) throws -> String {
        let start = try systemCall("open") { Glibc.open(top, O_PATH | O_DIRECTORY | O_CLOEXEC) }
        defer { close(start) }
        do throws(SystemError) {
            let found = try PathWalk.open(Array(path.utf8), from: start, flags, mode: 0o600, making: making, by: rule)
            let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(found.rawValue)")
            return (name ?? "").replacingOccurrences(of: directory.path + "/", with: "")
        } catch {
            return error.linkNote != nil ? "foreign link" : "error \(error.number)"
        }
    }
}

@Suite("PathWalk")
struct PathWalkTests {
    @Test(
        "a user's own path leads anywhere, but not over links of other users",
        arguments: [
            ("inner", "below/inner"), (".", "below"), ("..", "."), ("../outside/deep/..", "outside"),
            ("near", "below/inner"), ("near/deep", "below/inner/deep"), ("near/..", "below"),
            ("far/deep", "outside/deep"), ("up", "below/inner"), ("absolute/deep", "below/inner/deep"),
            ("elsewhere", "outside"), ("loop", "error \(ELOOP)"), ("dangling", "error \(ENOENT)"),
            ("nothing", "error \(ENOENT)"), ("file", "error \(ENOTDIR)"), ("file/x", "error \(ENOTDIR)"),
            ("toFile", "error \(ENOTDIR)"), ("", "error \(ENOENT)"), ("fromroot", "error \(ENOENT)"),
            ("/proc/self/root/../proc/sys", "/proc/sys"),
        ]
    )
    func anywhere(path: String, expected: String) throws {
        let tree = try LinkedTree()
        let found = try tree.open(path, O_RDONLY | O_DIRECTORY, by: PathRule())
        #expect((found == tree.directory.path ? "." : found) == expected)
    }

    @Test(
        "files",
        arguments: [("file", "below/file"), ("toFile", "below/inner/file"), ("toFile/", "error \(ENOTDIR)")]
    )
    func files(path: String, expected: String) throws {
        #expect(try LinkedTree().open(path, O_RDONLY, by: PathRule()) == expected)
    }

    @Test("a new file is created where a link leads")
    func create() throws {
        let tree = try LinkedTree()
        #expect(try tree.open("dangling", O_WRONLY | O_CREAT, by: PathRule()) == "below/nothing")
        #expect(try tree.open("far/new", O_WRONLY | O_CREAT, by: PathRule()) == "outside/new")
    }

    @Test("missing directories are made below where a link leads, but not those that it names")
    func making() throws {
        let tree = try LinkedTree()
        func made(_ path: String) throws -> String {
            try tree.open(path, O_RDONLY | O_DIRECTORY, by: PathRule(), making: 0o700)
        }
        #expect(try made("far/new/newer") == "outside/new/newer")
        #expect(try made("dangling") == "error \(ENOENT)")
        #expect(try made("dangling/new") == "error \(ENOENT)")
        #expect(!FileManager.default.fileExists(atPath: "\(tree.top)/nothing"))
    }

    @Test(
        "only trusted users' links are followed",
        .enabled(if: geteuid() == 0, "owners can be set by root only"),
        arguments: [
            ("foreign", PathRule.Links.trusted, "foreign link"), ("foreign/file", .trusted, "foreign link"),
            ("twice", .trusted, "foreign link"), ("foreign", .everybodys, "below/inner"),
            ("near", .nobodys, "error \(ELOOP)"), ("inner", .nobodys, "below/inner"),
        ]
    )
    func owners(path: String, links: PathRule.Links, expected: String) throws {
        #expect(try LinkedTree().open(path, O_RDONLY, by: PathRule(links: links)) == expected)
    }

    @Test(
        "an enclosed path never leaves its start",
        arguments: [
            ("near/deep", "below/inner/deep"), ("inner/../near", "below/inner"), ("far", "error \(ELOOP)"),
            ("..", "error \(ELOOP)"), ("inner/../..", "error \(ELOOP)"), ("elsewhere", "error \(ELOOP)"),
            ("absolute/deep", "below/inner/deep"), ("fromroot", "error \(ELOOP)"), ("/proc", "error \(ELOOP)"),
        ]
    )
    func enclosed(path: String, expected: String) throws {
        let tree = try LinkedTree()
        let rule = PathRule(reach: .enclosed(below: Array(tree.top.utf8)))
        #expect(try tree.open(path, O_RDONLY | O_DIRECTORY, by: rule) == expected)
        #expect(try tree.open("absolute", O_RDONLY, by: PathRule(reach: .enclosed(below: nil))) == "error \(ELOOP)")
    }

    @Test(
        "with a root of its own, absolute links and `..` start and end there",
        arguments: [("fromroot", "below/inner"), ("..", "below"), ("far", "error \(ENOENT)"), ("/near", "below/inner")]
    )
    func rooted(path: String, expected: String) throws {
        let rule = PathRule(reach: .enclosed(below: []))
        #expect(try LinkedTree().open(path, O_RDONLY | O_DIRECTORY, by: rule) == expected)
    }

    @Test(
        "with a limit, what counts is where a path comes out",
        arguments: [
            ("inner", "below/inner"), (".", "below"), ("../outside/../below/inner", "below/inner"),
            ("absolute", "below/inner"), ("far", "error \(ELOOP)"), ("..", "error \(ELOOP)"),
            ("elsewhere/deep", "error \(ELOOP)"), ("made/here", "below/made/here"),
            ("../outside/made", "error \(ELOOP)"), ("far/made", "error \(ELOOP)"),
        ]
    )
    func limit(path: String, expected: String) throws {
        let tree = try LinkedTree()
        let rule = PathRule(limit: Array(tree.top.utf8))
        #expect(try tree.open(path, O_RDONLY | O_DIRECTORY, by: rule, making: 0o700) == expected)
        #expect(!FileManager.default.fileExists(atPath: tree.directory.file("outside/made")))
        #expect(try tree.open("far/file", O_RDONLY, by: rule) == "error \(ELOOP)")
        #expect(try tree.open("far/new", O_WRONLY | O_CREAT, by: rule) == "error \(ELOOP)")
        #expect(!FileManager.default.fileExists(atPath: tree.directory.file("outside/new")))
        let nowhere = PathRule(limit: Array(tree.directory.file("nothing").utf8))
        #expect(try tree.open("inner", O_RDONLY | O_DIRECTORY, by: nowhere) == "error \(ELOOP)")
    }

    @Test("an open file of the process, as `<(command)` names it")
    func openFile() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe2(&ends, O_CLOEXEC) == 0)
        defer { for end in ends { close(end) } }
        #expect(try LinkedTree().open("/dev/fd/\(ends[0])", O_RDONLY, by: PathRule()).hasPrefix("pipe:"))
        let enclosed = PathRule(reach: .enclosed(below: Array("/proc".utf8)))
        #expect(try LinkedTree().open("/proc/self/root", O_RDONLY, by: enclosed) != "/")
    }
}
