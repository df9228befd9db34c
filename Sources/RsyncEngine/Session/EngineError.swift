package import RsyncWire
import Transport
package import VolumeAccess

/// Why a session ended before its work was done.
package enum EngineError: Error, Sendable, CustomStringConvertible {
    /// The peer's stream broke, or violated rsync's protocol.
    case wire(WireError)
    /// The peer did not send a daemon's greeting; what happened instead.
    case noGreeting(WireError)
    /// A destination or source could not be used at all (exit code 3 or 11).
    case volume(String, VolumeError)
    /// The destination's device lost data that had been written (exit code 11): what is known about the files, and the
    /// cause.
    case writeBack(String, VolumeError)
    /// A daemon refused the session; its `@ERROR` line.
    case refused(String)
    /// A daemon requires authentication with a digest that is too weak for this connection; a description.
    case weakDigest(String)
    /// This side, a daemon, rejects the client: the line sent to it, and its exit code.
    case rejected(String, exitCode: Int32)
    /// The peer stopped with this exit code and has reported why.
    case peerExit(Int32)
    /// The request makes no sense or is not supported: the reason in one or more lines, and rsync's exit code for it.
    case usage(String, exitCode: Int32)
    /// The session was cancelled.
    case cancelled

    /// The exit code that rsync documents for the failure (protocol specification, session 9.1).
    package var exitCode: Int32 {
        switch self {
        case .wire(.transport(let cause)), .noGreeting(.transport(let cause)):
            if case TransportError.timedOut = cause { 30 } else { 10 }
        case .noGreeting(.ended): 5
        case .wire(let error), .noGreeting(let error): error.exitCode
        case .volume(_, let error): error.isOutOfSpace ? 11 : 3
        case .writeBack: 11
        case .refused, .weakDigest: 5
        case .peerExit(let code): code
        case .usage(_, let exitCode), .rejected(_, let exitCode): exitCode
        case .cancelled: 20
        }
    }

    /// Whether the peer stopped first, and has reported why.
    package var isPeerExit: Bool {
        if case .peerExit = self { true } else { false }
    }

    /// A one-sentence description.
    package var description: String {
        switch self {
        case .noGreeting(.violation(let text, _)): text
        case .noGreeting(let error): "did not see server greeting: \(error)"
        case .wire(let error): "\(error)"
        case .volume(let operation, let error): "\(operation): \(error)"
        case .writeBack(let files, let error): "\(EngineError.lostData): \(error): \(files)"
        case .refused(let text), .weakDigest(let text): text
        case .peerExit(let code): "the peer stopped with exit code \(code)"
        case .usage(let text, _), .rejected(let text, _): text
        case .cancelled: "stopped on request"
        }
    }

    /// The lines that a program prints for it.
    package var line: String { ErrorLine.of(description) }

    /// The time that the client set for the server has come (`--stop-after`, `--stop-at`).
    static let requestedStop = EngineError.usage("stopping at requested limit", exitCode: 30)

    /// Whether it is that.
    var isRequestedStop: Bool {
        if case .usage(_, exitCode: 30) = self { true } else { false }
    }

    /// The beginning of the text of ``writeBack(_:_:)``, by which a dvm peer at the other end recognizes it.
    package static let lostData = "the disk reported an error while data was written back"

    /// A protocol violation by the peer (exit code 2).
    static func incompatible(_ text: String) -> EngineError { .wire(.violation(text, exitCode: 2)) }
}
