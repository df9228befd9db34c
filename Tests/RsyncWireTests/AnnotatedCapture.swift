import Foundation
import TestSupport

/// A recorded stream whose bytes are explained field by field: `offset: hex ; meaning` (see Fixtures of
/// RsyncWireTests).
struct AnnotatedCapture {
    /// Bytes with one meaning.
    struct Field {
        /// The bytes, in the order of the stream.
        var bytes: [UInt8]
        /// The text behind the semicolon.
        let meaning: String

        /// The part of the meaning before ` = `.
        var name: String { meaning.components(separatedBy: " = ")[0].trimmingCharacters(in: .whitespaces) }
        /// The part of the meaning after ` = `; empty when there is none.
        var value: String { meaning.components(separatedBy: " = ").dropFirst().joined(separator: " = ") }
    }

    /// Fields under one comment line that starts with `# --`.
    struct Section {
        /// The comment without its marks.
        let title: String
        /// The fields in the order of the stream.
        var fields: [Field]
    }

    /// All comment lines before the stream.
    private(set) var header: [String] = []
    /// The sections of the sender's stream.
    private(set) var sections: [Section] = []

    /// The bytes of the stream.
    var bytes: [UInt8] { sections.flatMap { $0.fields.flatMap(\.bytes) } }

    /// Parses a file of Fixtures.
    init(_ name: String) throws {
        var hasStarted = false
        for line in try Captures.lines(name) where !line.isEmpty {
            if line.hasPrefix("#") {
                if line.hasPrefix("## STREAM") {
                    guard !hasStarted else { return }
                    // The generator's stream may come first.
                    hasStarted = line.contains("sender -> receiver")
                    sections = []
                } else if line.hasPrefix("# --") {
                    sections.append(Section(title: String(line.drop { "# -".contains($0) }), fields: []))
                } else if !hasStarted {
                    header.append(line)
                }
                continue
            }
            let parts = line.split(separator: ";", maxSplits: 1).map(String.init)
            guard let colon = parts[0].firstIndex(of: ":"), !sections.isEmpty else { continue }
            let bytes = TestSupport.bytes(hex: String(parts[0][parts[0].index(after: colon)...]))
            let last = sections.count - 1
            if parts.count > 1 {
                sections[last].fields.append(
                    Field(bytes: bytes, meaning: parts[1].trimmingCharacters(in: .whitespaces))
                )
            } else if !sections[last].fields.isEmpty {
                sections[last].fields[sections[last].fields.count - 1].bytes += bytes
            }
        }
    }
}
