import Checksums
import FileMetadata
import LinuxSystem
package import VolumeAccess

/// What differs at one path.
package struct Difference: Equatable, Sendable {
    /// What of an entry differs.
    package struct Field: Equatable, Sendable {
        /// The field's name, such as `mode`, or `xattr user.note`.
        package let name: String
        /// The value of the first side, as text; nil when it has none.
        package let first: String?
        /// The value of the second side, as text; nil when it has none.
        package let second: String?
    }

    /// What differs.
    package enum Kind: Equatable, Sendable {
        /// The second side has no such entry.
        case missing
        /// The first side has no such entry.
        case extra
        /// Both have it, with other values.
        case changed([Field])
        /// It could not be read, on the first side, the second, or both.
        case unreadable(first: Bool, second: Bool)
        /// It was written to while it was read: what was compared is neither its old content nor its new one for sure.
        case changing(first: Bool, second: Bool)
        /// As many bytes as given are in holes on each side: not a difference of what an application reads.
        case holes(first: Int64, second: Int64)
    }

    /// The path below the root; empty for the root.
    package let path: [UInt8]
    package let kind: Kind

    /// Whether it says that the two sides differ, or may differ.
    package var counts: Bool {
        if case .holes = kind { false } else { true }
    }
}

extension ManifestRecord {
    /// What differs between this record and the one at the same path of the other side.
    func differences(from other: ManifestRecord, _ fields: ComparedFields) -> [Difference.Field] {
        var found: [Difference.Field] = []
        func compare<Value: Equatable>(
            _ name: String,
            _ field: ComparedFields,
            _ first: Value?,
            _ second: Value?,
            _ text: (Value) -> String
        ) {
            guard fields.contains(field), first != second else { return }
            found.append(Difference.Field(name: name, first: first.map(text), second: second.map(text)))
        }
        if letter != other.letter {
            found.append(Difference.Field(name: "type", first: typeName, second: other.typeName))
        } else {
            switch (detail, other.detail) {
            case (.file(let size, let content), .file(let otherSize, let otherContent)):
                compare("size", .content, size, otherSize) { "\($0)" }
                compare("content", .content, content, otherContent) { "\($0)" }
            case (.symbolicLink(let target), .symbolicLink(let otherTarget)):
                compare("target", .targets, target, otherTarget) { PrintableText.path($0) }
            case (.device(_, let major, let minor), .device(_, let otherMajor, let otherMinor)):
                compare("device", .devices, "\(major):\(minor)", "\(otherMajor):\(otherMinor)") { $0 }
            default: break
            }
        }
        compare("mode", .modes, octalMode, other.octalMode) { $0 }
        compare("owner", .owners, owner, other.owner) { "\($0)" }
        compare("group", .owners, group, other.group) { "\($0)" }
        compare("time", .times, modified, other.modified) { $0.digits }
        compare("link to", .links, firstPath, other.firstPath) { $0.isEmpty ? "none" : PrintableText.path($0) }
        compareAttributes(other, fields, &found)
        return found
    }

    private func compareAttributes(
        _ other: ManifestRecord,
        _ fields: ComparedFields,
        _ found: inout [Difference.Field]
    ) {
        guard attributes != other.attributes else { return }
        for name in Set(attributes.map(\.name) + other.attributes.map(\.name)).sorted(by: {
            $0.lexicographicallyPrecedes($1)
        }) {
            let first = attributes.first { $0.name == name }
            let second = other.attributes.first { $0.name == name }
            let isList = (first ?? second)?.isAccessControlList == true
            guard first != second, fields.contains(isList ? .accessLists : .attributes) else { continue }
            let title =
                name == AccessControlList.accessName
                ? "acl" : name == AccessControlList.defaultName ? "default acl" : "xattr \(PrintableText.path(name))"
            found.append(Difference.Field(name: title, first: first?.text, second: second?.text))
        }
    }
}

extension Timestamp {
    /// Seconds since 1970 with nine decimals, such as `1764499200.000000001` or `-0.500000000`.
    package var digits: String {
        let isNegative = seconds < 0
        let (whole, parts) =
            isNegative && nanoseconds > 0
            ? ((seconds + 1).magnitude, 1_000_000_000 - nanoseconds) : (seconds.magnitude, nanoseconds)
        let fraction = String(parts)
        return (isNegative ? "-" : "") + "\(whole)." + String(repeating: "0", count: max(0, 9 - fraction.count))
            + fraction
    }
}

extension EntryAttribute {
    fileprivate var isAccessControlList: Bool {
        name == AccessControlList.accessName || name == AccessControlList.defaultName
    }

    /// The entries of an ACL; of others the value in hexadecimal digits, or its length and digest.
    fileprivate var text: String {
        switch value {
        case .bytes(let bytes) where isAccessControlList:
            AccessControlList(kernel: bytes)?.text ?? "0x" + Hexadecimal.encode(bytes)
        case .bytes(let bytes): "0x" + Hexadecimal.encode(bytes)
        case .digest(let length, let digest): "\(length) bytes, \(digest)"
        }
    }
}
