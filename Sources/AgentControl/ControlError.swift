package import Transport

/// Why a control conversation, or one request of it, failed.
package enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The connection failed.
    case transport(TransportError)
    /// The peer ended the conversation in good order where this would have begun.
    case ended(awaited: String)
    /// The peer was silent for too long, or ended in the middle, while this was awaited.
    case silent(awaited: String)
    /// The peer broke the protocol; in words.
    case broken(String)
    /// The peer's answer holds a figure that cannot be, or lacks a member; which one.
    case unusable(String)
    /// The peer refused the login, or cannot prove that it knows the password.
    case loginRefused(String)
    /// The peer is of our kind and does not know the request.
    case unknownRequest(String)
    /// The peer knows the request and cannot fulfil it; its words. The conversation goes on.
    case refused(String)

    /// One sentence.
    package var description: String {
        switch self {
        case .transport(let error): "\(error)"
        case .ended(let awaited): "the control channel ended while waiting for \(awaited)"
        case .silent(let awaited): "the control channel ended or was silent while waiting for \(awaited)"
        case .broken(let text): "the control channel's protocol was broken: \(text)"
        case .unusable(let text): "the target's answer is not usable: \(text)"
        case .loginRefused(let text): "the control channel's login failed: \(text)"
        case .unknownRequest(let name): "the peer does not know the request \"\(name)\""
        case .refused(let text): text
        }
    }
}
