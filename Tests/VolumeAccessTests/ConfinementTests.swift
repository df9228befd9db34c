import Foundation
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Confinement")
struct ConfinementTests {
    @Test(
        "refuses names that are not leaves, in every operation",
        arguments: ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b", "/", "..\0"]
    )
    func hostileNames(_ hostile: String) throws {
        let scratch = try Scratch()
        let root = scratch.root
        let bad = hostile.name
        let good = "good".name
        let error = VolumeError.invalidName(bad)
        let attributes = FileAttributes(permissions: 0o600)
        #expect(throws: error) { try root.status(of: bad.span) }
        #expect(throws: error) { try root.readLink(bad.span) }
        #expect(throws: error) { _ = try root.openForReading(bad.span) }
        #expect(throws: error) { _ = try root.openDirectory(bad.span) }
        #expect(throws: error) { _ = try root.openInPlace(bad.span) }
        #expect(throws: error) { _ = try root.stage(bad.span, replacing: false) }
        #expect(throws: error) { try root.createDirectory(bad.span) }
        #expect(throws: error) { try root.remove(bad.span) }
        #expect(throws: error) { try root.removeDirectory(bad.span) }
        #expect(throws: error) { _ = try root.removeTree(bad.span) }
        #expect(throws: error) { try root.rename(bad.span, as: good.span) }
        #expect(throws: error) { try root.rename(good.span, as: bad.span) }
        #expect(throws: error) { try root.setAttributes(bad.span, attributes) }
        for isReplacing in [true, false] {
            #expect(throws: error) { try root.placeSymbolicLink(good.span, as: bad.span, isReplacing: isReplacing) }
            #expect(throws: error) { try root.placeNode(mode: S_IFIFO, as: bad.span, isReplacing: isReplacing) }
            #expect(throws: error) { try root.placeLink(from: root, good.span, as: bad.span, isReplacing: isReplacing) }
            #expect(throws: error) { try root.placeLink(from: root, bad.span, as: good.span, isReplacing: isReplacing) }
        }
        #expect(try scratch.names == [])
    }

    @Test(
        "refuses paths that could lead out or name a directory twice",
        arguments: ["..", "a/..", "a/../a", "/a", "a/", "a//a", "./a", "a/.", "a\0", "../" + "x"]
    )
    func hostilePaths(_ path: String) throws {
        let scratch = try Scratch()
        try scratch.root.createDirectory("a".name.span)
        let path = path.name
        #expect(throws: VolumeError.invalidName(path)) { _ = try scratch.volume.directory(path.span) }
    }

    static let walks: [[SystemCallFault]] = [
        [], [SystemCallFault(.openat2, ENOSYS)], [SystemCallFault(.openat2, EPERM)],
        [SystemCallFault(.openat2, EAGAIN)],
    ]

    @Test("follows no symbolic link on the way, with openat2 and without", arguments: walks.indices)
    func symbolicParents(_ walk: Int) throws {
        let scratch = try Scratch()
        let outside = try TemporaryDirectory(parent: "/dev/shm")
        try shell("cd \(scratch.path) && mkdir -p a/b/c && ln -s b a/inside && ln -s \(outside.path) a/outside")
        try shell(
            "mkdir -p \(outside.path)/c && ln -s .. \(scratch.path)/up && ln -s /proc/self/root \(scratch.path)/m"
        )
        let results = try onThread(failing: ConfinementTests.walks[walk]) { () -> [String: Int32] in
            var results: [String: Int32] = [:]
            for path in ["a/b/c", "a/inside", "a/inside/c", "a/outside", "a/outside/c", "up", "up/x", "m/etc", "a/no"] {
                let bytes = path.name
                do throws(VolumeError) {
                    let directory = try scratch.volume.directory(bytes.span)
                    results[path] = directory.relativePath == bytes ? 0 : -1
                } catch {
                    results[path] = error.number
                }
            }
            return results
        }
        #expect(results["a/b/c"] == 0)
        #expect(results["a/no"] == ENOENT)
        for path in ["a/inside", "a/inside/c", "a/outside", "a/outside/c", "up", "up/x", "m/etc"] {
            #expect([ELOOP, ENOTDIR].contains(results[path] ?? 0), "\(path)")
        }
    }

    @Test("follows links that lead up while files elsewhere are renamed", .timeLimit(.minutes(10)))
    func renamesElsewhere() throws {
        let scratch = try Scratch()
        let elsewhere = try TemporaryDirectory(parent: "/dev/shm")
        try shell("cd \(scratch.path) && mkdir d && ln -s ../d d/l && touch \(elsewhere.path)/a")
        let path = (["d"] + Array(repeating: "l", count: 30)).joined(separator: "/").name
        let isDone = Atomic(false)
        let (old, new) = (elsewhere.file("a"), elsewhere.file("b"))
        let renaming = try WorkerThread(name: "renaming") {
            while !isDone.load(ordering: .relaxed) { for pair in [(old, new), (new, old)] { rename(pair.0, pair.1) } }
        }
        defer {
            isDone.store(true, ordering: .relaxed)
            renaming.join()
        }
        for _ in 0..<5_000 { _ = try scratch.volume.directory(path.span, following: .inside) }
    }

    @Test("says why links that lead up could not be followed")
    func renamesDuringEachAttempt() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkdir d && ln -s ../d d/l && touch d/f")
        let fault = SystemCallFault(.openat2, EAGAIN)
        let errors = try onThread(failing: [fault]) { () -> [VolumeError] in
            var errors: [VolumeError] = []
            do throws(VolumeError) {
                _ = try scratch.volume.directory("d/l".name.span, following: .inside)
            } catch {
                errors.append(error)
            }
            do throws(VolumeError) {
                _ = try scratch.root.status(of: "d/l/f".name.span, following: .inside)
            } catch {
                errors.append(error)
            }
            do throws(VolumeError) {
                _ = try scratch.root.openForReading("d/l/f".name.span, following: .inside)
            } catch {
                errors.append(error)
            }
            return errors
        }
        #expect(errors == ["d/l", "d/l/f", "d/l/f"].map { .renames(path: $0.name) })
        #expect(errors.allSatisfy { $0.number == EAGAIN && $0.note?.contains("were renamed") ?? false })
        #expect(errors.first?.description.contains("d/l") ?? false)
        #expect(try scratch.volume.directory("d/l".name.span, following: .inside).relativePath == "d/l".name)
    }

    @Test("keeps working in the directory it holds when the path is swapped for a link")
    func swappedParent() throws {
        let scratch = try Scratch()
        let outside = try TemporaryDirectory(parent: "/dev/shm")
        try shell("mkdir \(scratch.path)/d && echo old > \(outside.path)/f && chmod 600 \(outside.path)/f")
        let held = try scratch.volume.directory("d".name.span)
        try shell("mv \(scratch.path)/d \(scratch.path)/moved && ln -s \(outside.path) \(scratch.path)/d")
        let staged = try held.stage("f".name.span, replacing: false)
        try staged.write("new".name.span)
        #expect(try staged.commit(FileAttributes(permissions: 0o777)).isEmpty)
        #expect(try scratch.read("moved/f") == "new")
        #expect(try String(contentsOfFile: outside.file("f"), encoding: .utf8) == "old\n")
        #expect(throws: VolumeError.self) { _ = try scratch.volume.directory("d".name.span) }
    }

    @Test("acts on a link itself where a leaf was swapped for one")
    func swappedLeaf() throws {
        let scratch = try Scratch()
        let outside = try TemporaryDirectory(parent: "/dev/shm")
        try shell("echo keep > \(outside.path)/f && chmod 640 \(outside.path)/f && mkdir \(outside.path)/d")
        try shell("echo keep > \(outside.path)/d/x")
        try shell("cd \(scratch.path) && ln -s \(outside.path)/f leaf && ln -s \(outside.path)/d tree")
        let root = scratch.root
        let leaf = "leaf".name
        let loop = VolumeError.system(operation: "open", path: leaf, number: ELOOP)
        #expect(throws: loop) { _ = try root.openForReading(leaf.span) }
        #expect(throws: loop) { _ = try root.openInPlace(leaf.span) }
        let wanted = FileAttributes(
            owner: 1234,
            group: 1234,
            permissions: 0o7777,
            modified: Timestamp(seconds: 99, nanoseconds: 7)
        )
        #expect(try root.setAttributes(leaf.span, wanted).isEmpty)
        #expect(try root.status(of: leaf.span)?.owner == 1234)
        #expect(try root.status(of: leaf.span)?.modified == Timestamp(seconds: 99, nanoseconds: 7))
        #expect(try root.removeTree("tree".name.span).isEmpty)
        var status = stat()
        #expect(lstat(outside.file("f"), &status) == 0)
        #expect(status.st_uid == 0 && status.st_mode & 0o7777 == 0o640 && status.st_mtim.tv_sec != 99)
        #expect(try String(contentsOfFile: outside.file("d/x"), encoding: .utf8) == "keep\n")
        #expect(try scratch.names == ["leaf"])
    }

    static let permissionWays: [[SystemCallFault]] = [[], [SystemCallFault(.fchmodat2, ENOSYS)]]

    @Test("never changes permissions through a link, even when it expects a file", arguments: 0..<2)
    func permissionsThroughLink(_ way: Int) throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && touch victim f && chmod 600 victim f && ln -s victim link")
        let failures = try onThread(failing: ConfinementTests.permissionWays[way]) {
            let root = scratch.root
            let stale = try root.status(of: "f".name.span)  // what the entry was before somebody swapped it
            return try root.setAttributes("link".name.span, FileAttributes(permissions: 0o4777), current: stale)
        }
        #expect(failures.count == 1)
        #expect(scratch.status("victim").st_mode & 0o7777 == 0o600)
    }

    @Test("refuses what is not a regular file where one is expected", .timeLimit(.minutes(10)))
    func kinds() throws {
        let scratch = try Scratch()
        try shell("cd \(scratch.path) && mkfifo fifo && mkdir dir && mknod null c 1 3")
        for name in ["fifo", "dir", "null"] {
            #expect(throws: VolumeError.notRegular(path: name.name)) {
                _ = try scratch.root.openForReading(name.name.span)
            }
        }
        #expect(throws: VolumeError.notRegular(path: "null".name)) {
            _ = try scratch.root.openInPlace("null".name.span)
        }
        #expect(throws: VolumeError.system(operation: "open", path: "fifo".name, number: ENXIO)) {
            _ = try scratch.root.openInPlace("fifo".name.span)
        }
    }
}
