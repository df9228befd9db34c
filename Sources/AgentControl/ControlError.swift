package import Transport

/// Why a control conversation, or one request of it, failed.
package enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The connection failed.
    case transport(TransportError)
    /// The peer closed the connection in an orderly way before this began.
    case ended(awaited: String)
    /// The peer sent nothing for too long, or closed the connection in the middle, while this was awaited.
    case silent(awaited: String)
    /// The peer violated the protocol; the text says how.
    case broken(String)
    /// The peer's answer has a value outside its range or lacks a member; the text says which.
    case unusable(String)
    /// The peer rejected the login, or cannot prove that it knows the password.
    case loginRefused(String)
    /// The peer is a dvm agent that does not know the request.
    case unknownRequest(String)
    /// The peer ends the conversation because it was stopped.
    case stopped
    /// The peer knows the request and cannot fulfil it; the text is the peer's. The conversation continues.
    case refused(String)

    /// One sentence.
    package var description: String {
        switch self {
        case .transport(let error): "\(error)"
        case .ended(let awaited): "the control channel was closed while waiting for \(awaited)"
        case .silent(let awaited): "the control channel was closed or silent while waiting for \(awaited)"
        case .broken(let text): "protocol violation on the control channel: \(text)"
        case .unusable(let text): "invalid answer from the target: \(text)"
        case .loginRefused(let text): "login on the control channel failed: \(text)"
        case .unknownRequest(let name): "the peer does not know the request \"\(name)\""
        case .stopped: "the target was stopped"
        case .refused(let text): text
        }
    }
}
