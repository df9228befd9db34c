import Foundation
import Glibc

/// Everything about a tree that a copy has to have, name by name.
package struct TreeSnapshot: Equatable, Sendable {
    /// One name.
    package struct Node: Equatable, Sendable {
        /// Mode with type bits.
        package var mode: UInt32 = 0
        /// Owner and group.
        package var owner: UInt32 = 0
        /// Group.
        package var group: UInt32 = 0
        /// Seconds of the modification time.
        package var seconds = 0
        /// Nanoseconds of the modification time.
        package var nanoseconds = 0
        /// Numbers of a device.
        package var device: UInt = 0
        /// Bytes of a file, or a link's target.
        package var content: [UInt8] = []
        /// The first name of the same file, in the order of names; empty for a file with one name.
        package var link = ""
    }

    /// The nodes by path; other bytes than UTF-8 as `%xx`, the root as the empty path.
    package private(set) var nodes: [String: Node] = [:]
    /// Inode and change time by path: what was not touched has the same.
    package private(set) var identities: [String: [Int]] = [:]

    /// Reads a tree.
    ///
    /// - Parameter path: A directory; nothing below it is followed.
    /// - Throws: `POSIXError` when something cannot be read.
    package init(_ path: String) throws {
        var firstNames: [UInt: String] = [:]
        try add(Array(path.utf8), name: "", &firstNames)
    }

    /// Forgets the parts of seconds of all times.
    package mutating func dropNanoseconds() {
        for name in nodes.keys { nodes[name]?.nanoseconds = 0 }
    }

    /// Whether both trees have the same nodes.
    package static func == (left: TreeSnapshot, right: TreeSnapshot) -> Bool { left.nodes == right.nodes }

    /// What another tree has differently, one line each, the first twenty.
    ///
    /// - Parameter copy: The tree that should be the same.
    /// - Returns: The lines; empty when nothing differs.
    package func differences(from copy: TreeSnapshot) -> [String] {
        var lines: [String] = []
        for (name, node) in nodes.sorted(by: { $0.key < $1.key }) where copy.nodes[name] != node {
            guard let other = copy.nodes[name] else {
                lines.append("\(name): missing")
                continue
            }
            lines.append("\(name): \(Self.describe(node)) became \(Self.describe(other))")
        }
        lines += copy.nodes.keys.filter { nodes[$0] == nil }.sorted().map { "\($0): too much" }
        return Array(lines.prefix(20))
    }

    private static func describe(_ node: Node) -> String {
        let content =
            node.content.count > 40 ? "\(node.content.count) bytes \(node.content.hashValue)" : "\(node.content)"
        return "mode \(String(node.mode, radix: 8)) \(node.owner):\(node.group) \(node.seconds).\(node.nanoseconds)"
            + " dev \(node.device) link \(node.link) \(content)"
    }

    private mutating func add(_ path: [UInt8], name: String, _ firstNames: inout [UInt: String]) throws {
        let terminated = path.map { CChar(bitPattern: $0) } + [0]
        var status = stat()
        guard lstat(terminated, &status) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        var node = Node()
        node.mode = status.st_mode
        node.owner = status.st_uid
        node.group = status.st_gid
        node.seconds = status.st_mtim.tv_sec
        node.nanoseconds = status.st_mtim.tv_nsec
        let type = status.st_mode & S_IFMT
        if type == S_IFCHR || type == S_IFBLK { node.device = status.st_rdev }
        if type == S_IFREG { node.content = try Self.read(terminated, Int(status.st_size)) }
        if type == S_IFLNK { node.content = Self.target(terminated) }
        if type != S_IFDIR, status.st_nlink > 1 {
            node.link = firstNames[status.st_ino] ?? name
            firstNames[status.st_ino] = node.link
        }
        nodes[name] = node
        identities[name] = [Int(status.st_ino), status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        guard type == S_IFDIR else { return }
        for leaf in try Self.names(terminated) {
            let child = name.isEmpty ? Self.text(leaf) : name + "/" + Self.text(leaf)
            try add(path + [UInt8(ascii: "/")] + leaf, name: child, &firstNames)
        }
    }

    private static func names(_ path: [CChar]) throws -> [[UInt8]] {
        guard let directory = opendir(path) else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func read(_ path: [CChar], _ size: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: size)
        let count = content.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, size) }
        guard count == size else { throw POSIXError(.EIO) }
        return content
    }

    private static func target(_ path: [CChar]) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: 4096)
        let count = target.withUnsafeMutableBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { readlink(path, $0, text.count) } ?? -1
            }
        }
        return Array(target.prefix(max(0, count)))
    }

    private static func text(_ name: [UInt8]) -> String {
        String(validating: name, as: UTF8.self)
            ?? name.map { $0 < 128 ? String(UnicodeScalar($0)) : "%" + hex([$0]) }.joined()
    }
}
