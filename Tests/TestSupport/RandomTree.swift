import Foundation
import Glibc

/// Makes and changes trees with everything that a volume may hold; the whole run follows from the generator.
package struct RandomTree {
    private var random: SeededRandom
    private let root: String
    private var counter = 0
    /// Names of all directories, the root's is empty.
    private var directories = [""]
    /// Names of everything else.
    private var leaves: [String] = []

    /// Prepares a tree.
    ///
    /// - Parameters:
    ///   - root: An existing directory.
    ///   - seed: Decides everything.
    package init(root: String, seed: UInt64) {
        self.root = root
        random = SeededRandom(seed: seed)
    }

    /// Fills the tree.
    ///
    /// - Parameter count: How many names.
    /// - Throws: `POSIXError` when the tree cannot be changed.
    package mutating func fill(_ count: Int) throws {
        for _ in 0..<count { try addOne() }
        try settle()
    }

    /// Changes some of the tree: contents, kinds, metadata, new and removed names.
    ///
    /// - Parameter count: How many changes.
    /// - Throws: `POSIXError` when the tree cannot be changed.
    package mutating func edit(_ count: Int) throws {
        for _ in 0..<count {
            switch number(10) {
            case 0, 1: try addOne()
            case 2, 3: try removeOne()
            case 4, 5, 6: try changeContent()
            case 7: try replaceKind()
            default: try touch(leaves.randomElement(using: &random) ?? "")
            }
        }
        try settle()
    }

    // MARK: steps

    private mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private func path(_ name: String) -> String { name.isEmpty ? root : root + "/" + name }

    private mutating func newName() -> String {
        counter += 1
        let parent = directories.randomElement(using: &random) ?? ""
        let stems = ["file", "ünïcode", "a b", "x\ny", ".hidden", "-dash", String(repeating: "n", count: 120), "Z"]
        let leaf = stems[number(stems.count)] + String(counter)
        return parent.isEmpty ? leaf : parent + "/" + leaf
    }

    private mutating func addOne() throws {
        let name = newName()
        switch number(12) {
        case 0, 1:
            try check(mkdir(path(name), 0o755))
            directories.append(name)
            return
        case 2: try check(symlink(["nowhere", "/etc/passwd", "../x", "."][number(4)], path(name)))
        case 3: try check(mkfifo(path(name), 0o644))
        case 4: try linkTo(name)
        default: try write(name)
        }
        leaves.append(name)
        try touch(name)
    }

    private mutating func linkTo(_ name: String) throws {
        guard let other = leaves.randomElement(using: &random) else { return try write(name) }
        try check(linkat(AT_FDCWD, path(other), AT_FDCWD, path(name), 0))
    }

    private mutating func write(_ name: String) throws {
        let sizes = [0, 1, 700, 5000, 65536, 65537, 140_000]
        let size = sizes[number(sizes.count)]
        if number(8) == 0 { return try writeSparse(name, size) }
        try store(random.bytes(size, below: number(2) == 0 ? 256 : 3), name)
    }

    private mutating func writeSparse(_ name: String, _ size: Int) throws {
        try store([], name)
        let data = random.bytes(100)
        try withFile(name) { descriptor in
            try check(Int32(truncatingIfNeeded: pwrite(descriptor, data, data.count, size + 90_000)))
            try check(ftruncate(descriptor, size + 250_000))
        }
    }

    private func store(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    private func withFile(_ name: String, _ body: (Int32) throws -> Void) throws {
        let descriptor = open(path(name), O_WRONLY | O_NOFOLLOW)
        try check(descriptor)
        defer { close(descriptor) }
        try body(descriptor)
    }

    private mutating func changeContent() throws {
        guard let name = leaves.randomElement(using: &random), isRegular(name) else { return }
        let insertion = random.bytes(number(3000))
        let size = (try? FileManager.default.attributesOfItem(atPath: path(name))[.size] as? Int) ?? 0
        let place = number(max(1, size))
        try withFile(name) { descriptor in
            try check(Int32(truncatingIfNeeded: pwrite(descriptor, insertion, insertion.count, place)))
        }
        if number(3) == 0 { try check(truncate(path(name), place)) }
        try touch(name)
    }

    private func isRegular(_ name: String) -> Bool {
        var status = stat()
        return lstat(path(name), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private mutating func removeOne() throws {
        if number(4) == 0, directories.count > 2 {
            let name = directories[1 + number(directories.count - 1)]
            try FileManager.default.removeItem(atPath: path(name))
            directories.removeAll { $0 == name || $0.hasPrefix(name + "/") }
            leaves.removeAll { $0.hasPrefix(name + "/") }
        } else if !leaves.isEmpty {
            try check(unlink(path(leaves.remove(at: number(leaves.count)))))
        }
    }

    private mutating func replaceKind() throws {
        guard !leaves.isEmpty else { return }
        let name = leaves.remove(at: number(leaves.count))
        try check(unlink(path(name)))
        if number(2) == 0 {
            try check(mkdir(path(name), 0o700))
            directories.append(name)
            return
        }
        if number(2) == 0 { try check(symlink("other", path(name))) } else { try write(name) }
        leaves.append(name)
        try touch(name)
    }

    // MARK: metadata

    private mutating func touch(_ name: String) throws {
        var status = stat()
        guard !name.isEmpty, lstat(path(name), &status) == 0 else { return }
        let owners: [UInt32] = [0, 0, 0, 1, 1234, 65534]
        try check(lchown(path(name), owners[number(6)], owners[number(6)]))
        let modes: [UInt32] = [0o644, 0o600, 0o755, 0o400, 0, 0o4755, 0o2711, 0o1777, 0o666]
        if status.st_mode & S_IFMT != S_IFLNK { try check(chmod(path(name), modes[number(modes.count)])) }
        try setTime(name)
    }

    private mutating func setTime(_ name: String) throws {
        // Never twice the same second: rsync takes a file of the same size and second for unchanged.
        counter += 1
        let seconds = [-86_400, 0, 1_704_164_645, 4_294_967_301][number(4)] + counter
        let nanoseconds = number(2) == 0 ? 0 : number(1_000_000_000)
        try TestSupport.setTime(of: path(name), seconds: seconds, nanoseconds: nanoseconds)
    }

    /// Gives directories their metadata last: later work in them would disturb their times.
    private mutating func settle() throws {
        for name in directories.sorted(by: >) where !name.isEmpty {
            if number(3) == 0 { try touch(name) } else { try setTime(name) }
        }
    }

    private func check(_ result: Int32) throws {
        guard result >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
