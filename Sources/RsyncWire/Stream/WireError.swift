/// A failure to read or write a byte stream in rsync's protocol.
package enum WireError: Error, Sendable, CustomStringConvertible {
    /// The stream ended while this field was expected.
    case ended(field: String)
    /// The peer violated the protocol; `exitCode` is rsync's code for the case (protocol specification, session 9.1).
    case violation(String, exitCode: Int32)
    /// Reading or writing the underlying transport failed.
    case transport(any Error)

    /// The exit code that rsync documents for the failure.
    package var exitCode: Int32 {
        switch self {
        case .ended: 12
        case .violation(_, let exitCode): exitCode
        case .transport: 10
        }
    }

    /// A one-sentence description.
    package var description: String {
        switch self {
        case .ended(let field): "the peer closed the connection while \(field) was expected"
        case .violation(let text, _): text
        case .transport(let cause): "\(cause)"
        }
    }

    /// A value on the wire that its field does not allow: the protocol stream is broken (exit code 12).
    static func malformed(_ text: String) -> WireError { .violation(text, exitCode: 12) }

    /// A well-formed message that is not allowed here: protocol incompatibility (exit code 2).
    static func incompatible(_ text: String) -> WireError { .violation(text, exitCode: 2) }
}

extension WireError: Equatable {
    /// Compares all associated values; the cause of a transport failure is compared by its description.
    package static func == (left: WireError, right: WireError) -> Bool {
        switch (left, right) {
        case (.ended(let one), .ended(let other)): one == other
        case (.violation(let one, let code), .violation(let other, let otherCode)): one == other && code == otherCode
        case (.transport(let one), .transport(let other)): "\(one)" == "\(other)"
        default: false
        }
    }
}
