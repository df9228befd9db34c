import Checksums
import Foundation
import Glibc
import TestSupport
import Testing

@testable import VolumeVerification

/// Damage of one kind to one entry of a tree, and what a comparison must say of it.
private enum Damage: CaseIterable {
    case bit, mode, owner, time, attribute, accessList, target, device, missing, extra, link, hole, name

    /// The entries that it can be done to.
    var places: [String] {
        switch self {
        case .bit: ["content", "sub/small", "sub/deep/er/x", "sparse"]
        case .mode: ["content", "sub", "lone", "empty", "pipe", "character", "socket", "sub/deep"]
        case .owner: ["content", "sub", "sub/link", "pipe", "block", "socket", "empty", "lone"]
        case .time: ["content", "sub", "sub/link", "pipe", "block", "socket", "empty", "lone", "sub/small"]
        case .attribute: ["content", "sub", "sub/small", "empty", "lone"]
        case .accessList: ["content", "sub", "lone", "empty"]
        case .target: ["sub/link"]
        case .device: ["character", "block"]
        case .missing: ["empty", "pipe", "socket", "block", "sub/small", "lone", "sub/deep/er/x", "sparse"]
        case .extra: ["", "sub", "lone", "sub/deep/er"]
        case .link: ["sub/linked", "sub/deep/linked", "linked-link"]
        case .hole: ["sparse"]
        case .name: ["empty", "pipe", "sub/small", "block", "lone", "sub/deep/er"]
        }
    }
}

@Suite("Differences that are put into a tree", .timeLimit(.minutes(30)))
struct InjectionPropertyTests {
    private static let injections = 2000
    private static let cleanRuns = 200

    private func check(_ result: Int32, _ what: String) throws {
        guard result == 0 else { throw Failure(what: "\(what): \(String(cString: strerror(errno)))") }
    }

    /// Does the damage to a copy.
    ///
    /// - Returns: The differences that must be found, by path and in words; nothing else may be.
    private func inject(_ damage: Damage, _ place: String, _ tree: VerifiedTree, _ random: inout SeededRandom) throws
        -> [String]
    {
        let path = tree.second + "/" + place
        var status = stat()
        try check(lstat(path, &status), path)
        switch damage {
        case .bit:
            let file = open(path, O_RDWR)
            defer { close(file) }
            // The data of the file with holes is at 700000.
            let offset = off_t(place == "sparse" ? 700_002 : Int.random(in: 0..<Int(status.st_size), using: &random))
            var byte: UInt8 = 0
            _ = pread(file, &byte, 1, offset)
            byte ^= 1 << UInt8.random(in: 0..<8, using: &random)
            _ = pwrite(file, &byte, 1, offset)
            try setTime(path, status.st_mtim)
            // Each name of the file has it.
            return (place == "content" ? ["content", "sub/linked", "sub/deep/linked"] : [place]).map { $0 + " content" }
        case .mode:
            try check(chmod(path, status.st_mode & 0o7777 ^ 0o010), path)
            // The permissions are part of an ACL, too.
            return names(place).flatMap { place == "content" ? [$0 + " mode", $0 + " acl"] : [$0 + " mode"] }
        case .owner:
            try check(lchown(path, status.st_uid + 1, status.st_gid), path)
            return names(place).map { $0 + " owner" }
        case .time:
            var time = status.st_mtim
            time.tv_nsec += time.tv_nsec < 999_999_999 ? 1 : -1
            try setTime(path, time)
            return names(place).map { $0 + " time" }
        case .attribute:
            // The last byte of a value, also of one of which the digest is kept.
            let value = place == "sub/small" ? String(repeating: "x", count: 999) + "y" : "valuf"
            let name = place == "sub/small" ? "user.long" : "user.note"
            try run("/usr/bin/setfattr", ["-n", name, "-v", value, path])
            return names(place).map { $0 + " xattr " + name }
        case .accessList:
            try run("/usr/bin/setfacl", ["-m", "u:1001:rx", path])
            var after = stat()
            try check(lstat(path, &after), path)
            let isModeKept = after.st_mode == status.st_mode
            return names(place).flatMap { isModeKept ? [$0 + " acl"] : [$0 + " mode", $0 + " acl"] }
        case .target:
            try remake(path, status) { symlink("../nowhare", path) }
            // A new file, which is not the one of the other name.
            return ["sub/link target", "sub/link link to"]
        case .device:
            try remake(path, status) { mknod(path, status.st_mode, status.st_rdev ^ 1) }
            return [place + " device"]
        case .missing:
            try FileManager.default.removeItem(atPath: path)
            try restoreParent(of: path, tree)
            return [place + " missing"]
        case .extra:
            let name = "extra\(UInt32.random(in: 0..<1000, using: &random))"
            try Data().write(to: URL(fileURLWithPath: path + "/" + name))
            try restoreParent(of: path + "/" + name, tree)
            return [(place.isEmpty ? name : place + "/" + name) + " extra"]
        case .link:
            try run("/bin/sh", ["-euc", "cp -a \"$1\" \"$1.new\"; mv \"$1.new\" \"$1\"", "sh", path])
            try restoreParent(of: path, tree)
            // "sub/deep/linked" comes before "sub/linked", and "linked-link" is the first name of its file.
            return place == "linked-link" ? ["sub/link link to"] : [place + " link to"]
        case .hole:
            let file = open(path, O_RDWR)
            defer { close(file) }
            _ = pwrite(file, "\0", 1, 100)
            try setTime(path, status.st_mtim)
            return [place + " holes"]
        case .name:
            let renamed = path.dropLast() + "~"
            try check(rename(path, String(renamed)), path)
            try restoreParent(of: path, tree)
            let below = place == "sub/deep/er" ? ["/x"] : []
            let other = String(place.dropLast() + "~")
            return ([""] + below).flatMap { [place + $0 + " missing", other + $0 + " extra"] }
        }
    }

    /// The names of what a place is: of the tree's files with several names all.
    private func names(_ place: String) -> [String] {
        switch place {
        case "content": ["content", "sub/linked", "sub/deep/linked"]
        case "sub/link": ["sub/link", "linked-link"]
        default: [place]
        }
    }

    private func setTime(_ path: String, _ time: timespec) throws {
        try check(utimensat(AT_FDCWD, path, [time, time], AT_SYMLINK_NOFOLLOW), path)
    }

    /// Makes a node again, with the same attributes.
    private func remake(_ path: String, _ status: stat, _ make: () -> Int32) throws {
        try check(unlink(path), path)
        try check(make(), path)
        try check(lchown(path, status.st_uid, status.st_gid), path)
        try setTime(path, status.st_mtim)
        let parent = (path as NSString).deletingLastPathComponent
        try setTime(parent, try parentTime(parent))
    }

    private func parentTime(_ parent: String) throws -> timespec {
        var status = stat()
        try check(lstat(parent.replacingOccurrences(of: "/second", with: "/first"), &status), parent)
        return status.st_mtim
    }

    private func restoreParent(of path: String, _ tree: VerifiedTree) throws {
        let parent = (path as NSString).deletingLastPathComponent
        try setTime(parent, try parentTime(parent))
    }

    private func words(_ differences: [Difference]) -> [String] {
        differences.flatMap { difference in
            let path = String(decoding: difference.path, as: UTF8.self)
            return switch difference.kind {
            case .missing: [path + " missing"]
            case .extra: [path + " extra"]
            case .unreadable: [path + " unreadable"]
            case .changing: [path + " changing"]
            case .holes: [path + " holes"]
            case .changed(let fields): fields.map { path + " " + $0.name }
            }
        }
    }

    @Test("each of 2,000 is found and named, and nothing else", .enabled(if: getuid() == 0, "needs root"))
    func injections() throws {
        var random = SeededRandom(seed: 20)
        let tree = try VerifiedTree()
        var counts: [Damage: Int] = [:]
        for number in 0..<Self.injections {
            let damage = Damage.allCases[number % Damage.allCases.count]
            let place = try #require(damage.places.randomElement(using: &random))
            let expected = try inject(damage, place, tree, &random)
            let function: TreeHashFunction = number % 2 == 0 ? .xxh128 : .sha256
            let found = words(try tree.differences(.all, function))
            #expect(found.sorted() == expected.sorted(), "\(number): \(damage) of \(place)")
            counts[damage, default: 0] += 1
            try tree.copy()
        }
        #expect(counts.values.allSatisfy { $0 >= 100 })
    }

    @Test("no difference is found between equal trees, 200 times")
    func clean() throws {
        let tree = try VerifiedTree()
        for number in 0..<Self.cleanRuns {
            let function = TreeHashFunction.allCases[number % TreeHashFunction.allCases.count]
            #expect(try tree.differences(.all, function) == [])
        }
    }
}
