import LinuxSystem

/// The names of `--files-from`, without an object for each.
package struct FileNames: Sendable, Equatable {
    /// The most bytes of all names.
    package static let limit = 256 << 20
    /// The longest name, in bytes.
    package static let nameLimit = 4095

    /// All names, each followed by a NUL.
    package private(set) var bytes: [UInt8] = []

    /// Makes an empty list.
    package init() {}

    /// Reads a file of names (rsync(1), `--files-from`); empty names are left out.
    ///
    /// - Parameters:
    ///   - contents: The file.
    ///   - isNULSeparated: Whether names end with a NUL, not a line.
    ///   - hasComments: Whether names that start with `;` or `#` are left out: where the side that sends reads the file.
    ///     A receiving side forwards them, too (protocol specification, session 8.3).
    package init(file contents: [UInt8], isNULSeparated: Bool, hasComments: Bool) {
        let isEnd: (UInt8) -> Bool = isNULSeparated ? { $0 == 0 } : { $0 == 10 || $0 == 13 || $0 == 0 }
        // One name after the other: an array of millions of slices would take more memory than the file.
        var rest = contents[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(where: isEnd) ?? rest.endIndex
            let name = rest[..<end]
            rest = rest[min(end + 1, rest.endIndex)...]
            guard let first = name.first else { continue }
            if hasComments, first == UInt8(ascii: ";") || first == UInt8(ascii: "#") { continue }
            bytes += name
            bytes.append(0)
        }
    }

    /// Adds a name.
    ///
    /// - Returns: False if the name or the list is too long.
    package mutating func append(_ name: [UInt8]) -> Bool {
        guard name.count <= Self.nameLimit, bytes.count + name.count < Self.limit else { return false }
        bytes += name
        bytes.append(0)
        return true
    }

    /// Calls with each name.
    package func forEach(_ body: ([UInt8]) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0) {
            body(Array(rest[..<end]))
            rest = rest[(end + 1)...]
        }
    }
}

/// Where the names of `--files-from` are.
package enum FilesFrom: Sendable, Equatable {
    /// This side has them.
    case names(FileNames)
    /// The other side sends them on the stream.
    case stream
    /// They are in a file of the other side's, for a client; of this side's, for a server.
    case file([UInt8], isNULSeparated: Bool)
}
