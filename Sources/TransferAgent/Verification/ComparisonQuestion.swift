import AgentControl
import Checksums
import LinuxSystem
import VolumeVerification

/// The question `dvm-source compare A B`: what differs between two volumes, or a volume and a manifest.
package struct ComparisonQuestion: Sendable {
    /// The two sides: volumes or manifests.
    package let first: String
    package let second: String
    /// How digests are made where neither side is a manifest.
    package var hash = ManifestHash.fast
    /// What is not compared, by name.
    package var ignored: [String] = []

    /// Makes a question.
    package init(_ first: String, _ second: String) { (self.first, self.second) = (first, second) }

    /// What is compared.
    ///
    /// - Throws: ``AgentError`` for a name that is not known.
    private func fields() throws(AgentError) -> ComparedFields {
        var fields = ComparedFields.all
        for name in ignored {
            guard let field = ComparedFields.names.first(where: { $0.name == name })?.field else {
                let known = ComparedFields.names.map(\.name).joined(separator: ", ")
                throw AgentError(.badSetting, "--ignore \(name) is not one of \(known)", exitCode: 1)
            }
            fields.subtract(field)
        }
        return fields
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - json: Whether the answer is JSON, one object in a line.
    ///   - print: Gets lines of the answer.
    ///   - warn: Gets what could not be read.
    /// - Returns: 0 when nothing differs and everything was read, otherwise 23.
    /// - Throws: ``AgentError``.
    package func answer(json: Bool, print: (String) -> Void, warn: (String) -> Void) throws(AgentError) -> Int32 {
        let fields = try fields()
        let (one, other) = try sides()
        let count: Int
        do throws(VerificationError) {
            count = try withoutActuallyEscaping(print) { print throws(VerificationError) in
                var comparison = try ManifestComparison(one.stream, other.stream, fields) {
                    print(json ? $0.json : $0.line)
                }
                return try comparison.run()
            }
        } catch {
            throw AgentError(error, "\(first), \(second)")
        }
        for side in [one, other] {
            for failure in side.failures { warn("\(side.path): could not be read: \(failure)") }
        }
        let totals = (one.stream.totals, other.stream.totals)
        print(json ? Self.json(count, totals) : Self.text(count, totals))
        return Self.isEqual(count, totals) ? 0 : 23
    }

    /// Opens both; where one is a manifest, its function counts.
    private func sides() throws(AgentError) -> (ManifestSide, ManifestSide) {
        let one = try ManifestSide(first, hash: hash)
        let other = try ManifestSide(second, hash: hash, function: one.stream.function)
        guard other.stream.function != one.stream.function else { return (one, other) }
        return (try ManifestSide(first, hash: hash, function: other.stream.function), other)
    }

    /// Nothing differs, and nothing was left unread: only then are they equal.
    private static func isEqual(_ count: Int, _ totals: (ManifestTotals, ManifestTotals)) -> Bool {
        count == 0 && totals.0.isWhole && totals.1.isWhole
    }

    private static func text(_ count: Int, _ totals: (ManifestTotals, ManifestTotals)) -> String {
        let (one, other) = totals
        guard count == 0 else {
            let entries = counted(other.entries, "entry", plural: "entries")
            return "\(counted(count, "difference")) between \(one.entries) and \(entries)\n"
        }
        guard isEqual(count, totals) else {
            return "no difference was found, but not everything was read, or something changed meanwhile\n"
        }
        return "equal: \(counted(one.entries, "entry", plural: "entries")), \(one.bytes) bytes of content\n"
    }

    private static func json(_ count: Int, _ totals: (ManifestTotals, ManifestTotals)) -> String {
        func side(_ totals: ManifestTotals) -> JSONValue {
            .object([
                ("entries", .integer(Int64(clamping: totals.entries))),
                ("bytes", .integer(Int64(clamping: totals.bytes))),
                ("root", .text(totals.root?.description ?? "")),
                ("contents", .text(totals.contents?.description ?? "")),
                ("changing", .integer(Int64(clamping: totals.changing))),
                ("unreadable", .integer(Int64(clamping: totals.unreadable))),
            ])
        }
        return JSONValue.object([
            ("schema", .text(Difference.schema)), ("equal", .flag(isEqual(count, totals))),
            ("differences", .integer(Int64(count))),
            ("first", side(totals.0)), ("second", side(totals.1)),
        ]).encoded + "\n"
    }
}

extension Difference {
    /// The name and version of the format.
    static let schema = "dvm-comparison/1"

    private var name: String { path.isEmpty ? "." : PrintableText.path(path) }

    private static func sides(_ first: Bool, _ second: Bool) -> String {
        first && second ? "on both sides" : first ? "on the first side" : "on the second side"
    }

    /// A line for people.
    var line: String {
        switch kind {
        case .missing: return "missing: \(name)\n"
        case .extra: return "extra: \(name)\n"
        case .unreadable(let first, let second): return "unreadable \(Self.sides(first, second)): \(name)\n"
        case .changing(let first, let second):
            return "written to while it was read, \(Self.sides(first, second)): \(name)\n"
        case .holes(let first, let second):
            return "holes (not a difference): \(name): \(first) bytes, \(second) bytes\n"
        case .changed(let fields):
            let texts = fields.map { "\($0.name) \($0.first ?? "none"), \($0.second ?? "none")" }
            return "differs: \(name): \(texts.joined(separator: "; "))\n"
        }
    }

    /// A line for programs (docs/schemas/comparison.schema.json).
    var json: String {
        var members: [(String, JSONValue)] = [
            ("schema", .text(Self.schema)), ("path", .text(PrintableText.path(path))),
        ]
        func value(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }
        switch kind {
        case .missing: members.append(("kind", .text("missing")))
        case .extra: members.append(("kind", .text("extra")))
        case .unreadable(let first, let second):
            members += [("kind", .text("unreadable")), ("first", .flag(first)), ("second", .flag(second))]
        case .changing(let first, let second):
            members += [("kind", .text("changing")), ("first", .flag(first)), ("second", .flag(second))]
        case .holes(let first, let second):
            members += [("kind", .text("holes")), ("first", .integer(first)), ("second", .integer(second))]
        case .changed(let fields):
            let list = fields.map {
                JSONValue.object([("name", .text($0.name)), ("first", value($0.first)), ("second", value($0.second))])
            }
            members += [("kind", .text("changed")), ("fields", .list(list))]
        }
        return JSONValue.object(members).encoded + "\n"
    }
}
