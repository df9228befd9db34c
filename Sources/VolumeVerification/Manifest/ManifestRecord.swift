package import Checksums
package import VolumeAccess

/// What a manifest says of one entry.
///
/// Its encoding (``encoded``, docs/manifest-format.md) is what digests are made of.
package struct ManifestRecord: Equatable, Sendable {
    /// What only some types of entries have.
    package enum Detail: Equatable, Sendable {
        /// A regular file: its size in bytes, and the root of its content.
        case file(size: Int64, content: TreeDigest)
        /// A directory; the root of what it holds is not part of its record.
        case directory
        /// A symbolic link: what it leads to, byte for byte.
        case symbolicLink([UInt8])
        /// A character or block device.
        case device(isBlock: Bool, major: UInt32, minor: UInt32)
        /// A named pipe.
        case fifo
        /// A socket.
        case socket
        /// A type that is not known.
        case other
    }

    /// The last component of its path; empty for the root.
    package var name: [UInt8]
    package var detail: Detail
    /// The permission bits with setuid, setgid and sticky.
    package var permissions: UInt32
    package var owner: UInt32
    package var group: UInt32
    package var modified: Timestamp
    /// The path of the first name of the same file in the order of the manifest; empty for the first name, and for an
    /// only one.
    package var firstPath: [UInt8]
    /// Extended attributes and ACLs, in ascending order of their names.
    package var attributes: [EntryAttribute]

    /// The letter of its type.
    package var letter: UInt8 {
        switch detail {
        case .file: UInt8(ascii: "f")
        case .directory: UInt8(ascii: "d")
        case .symbolicLink: UInt8(ascii: "l")
        case .device(let isBlock, _, _): UInt8(ascii: isBlock ? "b" : "c")
        case .fifo: UInt8(ascii: "p")
        case .socket: UInt8(ascii: "s")
        case .other: UInt8(ascii: "?")
        }
    }

    /// The name of its type.
    package var typeName: String {
        switch detail {
        case .file: "file"
        case .directory: "directory"
        case .symbolicLink: "symbolic link"
        case .device(let isBlock, _, _): isBlock ? "block device" : "character device"
        case .fifo: "named pipe"
        case .socket: "socket"
        case .other: "unknown"
        }
    }

    /// The permissions in at least four octal digits.
    package var octalMode: String {
        let digits = String(permissions, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// The encoding.
    package var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(112 + name.count + firstPath.count)
        output.append(letter)
        output.append(integer: UInt16(truncatingIfNeeded: name.count))
        output += name
        output.append(integer: UInt16(truncatingIfNeeded: permissions))
        output.append(integer: owner)
        output.append(integer: group)
        output.append(integer: modified.seconds)
        output.append(integer: modified.nanoseconds)
        output.append(integer: UInt32(truncatingIfNeeded: firstPath.count))
        output += firstPath
        output.append(integer: UInt16(truncatingIfNeeded: attributes.count))
        for attribute in attributes { attribute.append(to: &output) }
        switch detail {
        case .file(let size, let content):
            output.append(integer: size)
            content.append(to: &output)
        case .symbolicLink(let target):
            output.append(integer: UInt16(truncatingIfNeeded: target.count))
            output += target
        case .device(_, let major, let minor):
            output.append(integer: major)
            output.append(integer: minor)
        case .directory, .fifo, .socket, .other: break
        }
        return output
    }

    /// Reads an encoding.
    ///
    /// - Parameters:
    ///   - bytes: All of it.
    ///   - function: Of the manifest.
    /// - Throws: ``VerificationError/malformed(_:)``.
    package init(_ bytes: [UInt8], _ function: TreeHashFunction) throws(VerificationError) {
        var reader = ByteReader(bytes)
        let letter = try reader.integer(UInt8.self)
        name = try reader.bytes(Int(try reader.integer(UInt16.self)))
        permissions = UInt32(try reader.integer(UInt16.self))
        owner = try reader.integer(UInt32.self)
        group = try reader.integer(UInt32.self)
        modified = Timestamp(seconds: try reader.integer(Int64.self), nanoseconds: try reader.integer(Int32.self))
        firstPath = try reader.bytes(Int(try reader.integer(UInt32.self)))
        attributes = []
        for _ in 0..<(try reader.integer(UInt16.self)) {
            attributes.append(try EntryAttribute(&reader, function))
        }
        switch letter {
        case UInt8(ascii: "f"):
            detail = .file(size: try reader.integer(Int64.self), content: try reader.digest(function))
        case UInt8(ascii: "d"): detail = .directory
        case UInt8(ascii: "l"): detail = .symbolicLink(try reader.bytes(Int(try reader.integer(UInt16.self))))
        case UInt8(ascii: "b"), UInt8(ascii: "c"):
            detail = .device(
                isBlock: letter == UInt8(ascii: "b"),
                major: try reader.integer(UInt32.self),
                minor: try reader.integer(UInt32.self)
            )
        case UInt8(ascii: "p"): detail = .fifo
        case UInt8(ascii: "s"): detail = .socket
        case UInt8(ascii: "?"): detail = .other
        default: throw .malformed("type \(letter) of an entry is not known")
        }
        guard reader.isAtEnd else { throw .malformed("an entry is followed by other bytes") }
        guard isValid else { throw .malformed("a value of an entry is out of range") }
    }

    /// Whether it has only values that an entry can have, each in the one form for it.
    private var isValid: Bool {
        guard permissions <= 0o7777, (0..<1_000_000_000).contains(modified.nanoseconds) else { return false }
        if case .file(let size, _) = detail, size < 0 { return false }
        guard zip(attributes, attributes.dropFirst()).allSatisfy({ $0.name.lexicographicallyPrecedes($1.name) }) else {
            return false
        }
        return attributes.allSatisfy { attribute in
            switch attribute.value {
            case .bytes(let bytes): bytes.count <= EntryAttribute.longestKept
            case .digest(let length, _): length > EntryAttribute.longestKept
            }
        }
    }

    /// The record of an entry of the walk.
    init(_ entry: WalkedEntry, _ function: TreeHashFunction) {
        let status = entry.status
        name = entry.name
        permissions = status.permissions
        (owner, group, modified) = (status.owner, status.group, status.modified)
        (firstPath, attributes) = (entry.firstPath, entry.attributes)
        switch status.kind {
        case .regular: detail = .file(size: status.size, content: entry.content ?? .unknown(function))
        case .directory: detail = .directory
        case .symbolicLink: detail = .symbolicLink(entry.target)
        case .characterDevice, .blockDevice:
            detail = .device(
                isBlock: status.kind == .blockDevice,
                major: status.deviceMajor,
                minor: status.deviceMinor
            )
        case .fifo: detail = .fifo
        case .socket: detail = .socket
        case .unknown: detail = .other
        }
    }
}

extension EntryAttribute {
    fileprivate func append(to output: inout [UInt8]) {
        output.append(integer: UInt16(truncatingIfNeeded: name.count))
        output += name
        switch value {
        case .bytes(let bytes):
            output.append(0)
            output.append(integer: UInt32(truncatingIfNeeded: bytes.count))
            output += bytes
        case .digest(let length, let digest):
            output.append(1)
            output.append(integer: UInt32(truncatingIfNeeded: length))
            digest.append(to: &output)
        }
    }

    fileprivate init(_ reader: inout ByteReader, _ function: TreeHashFunction) throws(VerificationError) {
        name = try reader.bytes(Int(try reader.integer(UInt16.self)))
        let form = try reader.integer(UInt8.self)
        let length = Int(try reader.integer(UInt32.self))
        switch form {
        case 0: value = .bytes(try reader.bytes(length))
        case 1: value = .digest(length: length, try reader.digest(function))
        default: throw .malformed("form \(form) of an attribute is not known")
        }
    }
}
