import AgentControl
import Checksums
import LinuxSystem
import VolumeVerification

/// The path of the entry that a manifest has come to.
struct PathStack {
    private var lengths: [Int] = []
    private var directory: [UInt8] = []
    /// The path below the root; empty for the root.
    private(set) var path: [UInt8] = []

    /// Follows a step.
    ///
    /// - Returns: The record of the entry; nil at the end of a directory.
    mutating func record(of item: ManifestItem, _ side: ManifestSide) throws(AgentError) -> ManifestRecord? {
        switch item {
        case .entry(let bytes, _):
            let record = try side.record(bytes)
            path = joined(record.name)
            return record
        case .enter(let bytes, _):
            let record = try side.record(bytes)
            lengths.append(directory.count)
            path = joined(record.name)
            directory = path
            return record
        case .leave:
            directory.removeLast(directory.count - (lengths.popLast() ?? 0))
            return nil
        }
    }

    private func joined(_ name: [UInt8]) -> [UInt8] {
        directory.isEmpty ? name : directory + [UInt8(ascii: "/")] + name
    }
}

extension ManifestRecord {
    /// A line for people: type, mode, owner, group, size, time, content, path.
    func line(at path: [UInt8]) -> String {
        var (size, content) = ("-", "-")
        if case .file(let length, let digest) = detail { (size, content) = ("\(length)", digest.description) }
        let name = path.isEmpty ? "." : PrintableText.path(path)
        var line =
            "\(String(UnicodeScalar(letter))) \(octalMode) \(owner) \(group) \(size) \(modified.digits) \(content) \(name)"
        if case .symbolicLink(let target) = detail { line += " -> \(PrintableText.path(target))" }
        if case .device(_, let major, let minor) = detail { line += " (\(major):\(minor))" }
        if !firstPath.isEmpty { line += " (same file as \(PrintableText.path(firstPath)))" }
        return line + "\n"
    }

    /// A line for programs (docs/schemas/manifest.schema.json).
    func json(at path: [UInt8]) -> String {
        var members: [(String, JSONValue)] = [
            ("schema", .text(ManifestTotals.schema)), ("path", .text(PrintableText.path(path))),
            ("type", .text(typeName)), ("mode", .text(octalMode)), ("owner", .integer(Int64(owner))),
            ("group", .integer(Int64(group))), ("time", .text(modified.digits)),
        ]
        switch detail {
        case .file(let size, let content):
            members += [("size", .integer(size)), ("content", .text(content.description))]
        case .symbolicLink(let target): members.append(("target", .text(PrintableText.path(target))))
        case .device(_, let major, let minor): members.append(("device", .text("\(major):\(minor)")))
        case .directory, .fifo, .socket, .other: break
        }
        if !firstPath.isEmpty { members.append(("sameFileAs", .text(PrintableText.path(firstPath)))) }
        if !attributes.isEmpty {
            members.append(("attributes", .list(attributes.map { .text(PrintableText.path($0.name)) })))
        }
        return JSONValue.object(members).encoded + "\n"
    }
}

extension ManifestTotals {
    /// The name and version of the format.
    static let schema = "dvm-manifest/1"

    /// Lines for people.
    func text(_ function: TreeHashFunction) -> String {
        [
            ("root", root?.description ?? ""), ("contents", contents?.description ?? ""), ("hash", function.rawValue),
            ("entries", "\(entries)"), ("bytes", "\(bytes)"), ("changing", "\(changing)"),
            ("unreadable", "\(unreadable)"),
        ].map { $0 + String(repeating: " ", count: 12 - $0.count) + $1 + "\n" }.joined()
    }

    /// A line for programs.
    func json(_ function: TreeHashFunction) -> String {
        JSONValue.object([
            ("schema", .text(Self.schema)), ("root", .text(root?.description ?? "")),
            ("contents", .text(contents?.description ?? "")), ("hash", .text(function.rawValue)),
            ("entries", .integer(Int64(clamping: entries))), ("bytes", .integer(Int64(clamping: bytes))),
            ("changing", .integer(Int64(clamping: changing))), ("unreadable", .integer(Int64(clamping: unreadable))),
        ]).encoded + "\n"
    }
}
