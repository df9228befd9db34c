import AgentControl
import VolumeCapacity

/// What a `capacity` command answers: a table for people, one line of JSON for programs, and whether it fits.
package struct CapacityAnswer: Sendable {
    /// Lines for the user.
    package let text: String
    /// One line of JSON.
    package let json: String
    /// Whether the available space is sufficient; nil when that is not known.
    package let fits: Bool?

    /// 0 when it fits, 1 when it does not, 2 when that is not known; errors have other codes than 0 and 1, too.
    package var exitCode: Int32 { fits.map { $0 ? 0 : 1 } ?? 2 }

    init(rows: [(String, String)], json: JSONValue, fits: Bool?) {
        let width = rows.map(\.0.count).max() ?? 0
        text = rows.map { label, value in
            value.isEmpty
                ? label + "\n" : label + String(repeating: " ", count: width + 2 - label.count) + value + "\n"
        }.joined()
        self.json = json.encoded + "\n"
        self.fits = fits
    }
}

extension AgentError {
    /// A failure of `VolumeCapacity`, as reported to the user.
    init(_ error: CapacityError) {
        switch error {
        case .malformedQuantity, .quantityOutOfRange, .unusableOutput:
            self.init(.badSetting, error.description, exitCode: 2)
        case .system, .volume:
            self.init(.sourceUnreadable, error.description, exitCode: 3)
        case .stopped: self.init(.cancelled, error.description, exitCode: 20)
        }
    }
}

extension Quantity {
    /// Reads an option's value as a size in bytes.
    static func bytes(_ text: String, option: String) throws(AgentError) -> Int64 {
        do throws(CapacityError) {
            let bytes = try Quantity(parsing: text).wholeBytes()
            guard bytes >= 0 else { throw .quantityOutOfRange(text) }
            return bytes
        } catch {
            throw AgentError(.badSetting, "\(option): \(error)", exitCode: 2)
        }
    }
}
