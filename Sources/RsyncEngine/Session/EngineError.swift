package import RsyncWire
import Transport
package import VolumeAccess

/// Why a session ended before its work was done.
package enum EngineError: Error, Sendable, CustomStringConvertible {
    /// The stream from the peer could not be read as rsync's protocol, or broke.
    case wire(WireError)
    /// A daemon did not greet as one; what happened instead.
    case noGreeting(WireError)
    /// A destination or source could not be used at all (exit code 3 or 11).
    case volume(String, VolumeError)
    /// The destination's device lost data that had been written (exit code 11): what is known of the files, and the cause.
    case writeBack(String, VolumeError)
    /// A daemon refused the session; its `@ERROR` line.
    case refused(String)
    /// A daemon wants the password proved by a digest that is too weak for this connection; in words.
    case weakDigest(String)
    /// This side, a daemon, turns the client away: the line that it is told, and its exit code.
    case turnedAway(String, exitCode: Int32)
    /// The peer stopped with this exit code and has said why.
    case peerExit(Int32)
    /// The request makes no sense or is not supported: what, and rsync's exit code for it.
    case usage(String, exitCode: Int32)
    /// This side was told to stop.
    case cancelled

    /// The exit code that rsync documents for the failure (protocol specification, session 9.1).
    package var exitCode: Int32 {
        switch self {
        case .wire(.transport(let cause)), .noGreeting(.transport(let cause)):
            if case TransportError.timedOut = cause { 30 } else { 10 }
        case .wire(let error), .noGreeting(let error): error.exitCode
        case .volume(_, let error): error.isOutOfSpace ? 11 : 3
        case .writeBack: 11
        case .refused, .weakDigest: 5
        case .peerExit(let code): code
        case .usage(_, let exitCode), .turnedAway(_, let exitCode): exitCode
        case .cancelled: 20
        }
    }

    /// Whether the peer stopped first, and has said why.
    var isPeerExit: Bool {
        if case .peerExit = self { true } else { false }
    }

    /// One sentence.
    package var description: String {
        switch self {
        case .wire(let error), .noGreeting(let error): "\(error)"
        case .volume(let operation, let error): "\(operation): \(error)"
        case .writeBack(let files, let error): "\(EngineError.lostData): \(error): \(files)"
        case .refused(let text), .weakDigest(let text): text
        case .peerExit(let code): "the peer stopped with exit code \(code)"
        case .usage(let text, _), .turnedAway(let text, _): text
        case .cancelled: "stopped on request"
        }
    }

    /// How the text of ``writeBack(_:_:)`` begins, by which our own kind knows it at the other end.
    package static let lostData = "the disk reported an error while data was written back"

    /// A peer's break of protocol (exit code 2).
    static func incompatible(_ text: String) -> EngineError { .wire(.violation(text, exitCode: 2)) }
}
