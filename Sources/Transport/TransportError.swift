package import LinuxSystem

/// What one address answered when a connection to it was tried.
package struct ConnectAttempt: Equatable, Sendable, CustomStringConvertible {
    /// The numeric address, such as `10.0.0.7:443` or `[fd00::1]:443`.
    package let address: String
    /// The errno value of the failure; `ETIMEDOUT` when our own deadline ended the attempt.
    package let number: Int32

    /// Names a failed attempt.
    package init(address: String, number: Int32) {
        self.address = address
        self.number = number
    }

    /// For example `10.0.0.7:443: Connection refused`.
    package var description: String { "\(address): \(SystemError.text(of: number))" }
}

/// A failure of a layer above the transport that looks like a stream itself, such as TLS.
///
/// It lets every ``ByteStream`` throw ``TransportError`` without losing the first cause.
package struct LayerFailure: Equatable, Sendable {
    /// The error of the layer, for example a `SecureTunnelError`.
    package let cause: any Error

    /// Wraps an error of an upper layer.
    package init(_ cause: any Error) {
        self.cause = cause
    }

    /// Two failures are equal when they read the same.
    package static func == (left: LayerFailure, right: LayerFailure) -> Bool {
        "\(left.cause)" == "\(right.cause)"
    }
}

/// What can go wrong between two ends of a byte stream: what was tried, on what, and what came back.
package enum TransportError: Error, Equatable, Sendable {
    /// A text is not an address; `reason` says what is wrong with it.
    case badAddress(text: String, reason: String)
    /// No address was found for a host name; `reason` is the resolver's sentence.
    case unknownHost(host: String, reason: String)
    /// Every address of the target refused the connection: the machine answers, but nothing listens on the port.
    case refused(target: String, attempts: [ConnectAttempt])
    /// No address of the target could be connected to, for reasons other than a plain refusal.
    case unreachable(target: String, attempts: [ConnectAttempt])
    /// Listening on an address failed.
    case cannotListen(address: String, cause: SystemError)
    /// The peer ended the connection abruptly while `operation` ("reading", "writing") was in progress.
    case reset(peer: String, operation: String)
    /// A wait reached its limit.
    case timedOut(waitingFor: String, after: Duration)
    /// This side closed the stream (or listener) while, or before, it was used.
    case closed(peer: String)
    /// A system call failed.
    case system(SystemError, peer: String)
    /// A layer above, such as TLS, failed; the cause is kept.
    case layer(LayerFailure)
}

extension TransportError: CustomStringConvertible {
    /// One sentence: what was tried, on what, what came back.
    package var description: String {
        switch self {
        case .badAddress(let text, let reason):
            "\"\(text)\" is not an address: \(reason)"
        case .unknownHost(let host, let reason):
            "no address found for \(host): \(reason)"
        case .refused(let target, let attempts):
            "connection to \(target) was refused (\(attempts.map(\.description).joined(separator: "; ")))"
        case .unreachable(let target, let attempts):
            "cannot connect to \(target) (\(attempts.map(\.description).joined(separator: "; ")))"
        case .cannotListen(let address, let cause):
            "cannot listen on \(address): \(cause)"
        case .reset(let peer, let operation):
            "\(peer) broke the connection while \(operation)"
        case .timedOut(let what, let limit):
            "timed out after \(seconds(limit)) s waiting for \(what)"
        case .closed(let peer):
            "the connection with \(peer) was closed by this side"
        case .system(let cause, let peer):
            "the connection with \(peer) failed: \(cause)"
        case .layer(let failure):
            "\(failure.cause)"
        }
    }

    /// Seconds with at most three decimals and no trailing zeros.
    private func seconds(_ duration: Duration) -> String {
        let (whole, attoseconds) = duration.components
        let thousandths = attoseconds / 1_000_000_000_000_000
        guard thousandths != 0 else { return "\(whole)" }
        let digits = String(1000 + thousandths).dropFirst()
        return "\(whole)." + String(digits.reversed().drop { $0 == "0" }.reversed())
    }
}
