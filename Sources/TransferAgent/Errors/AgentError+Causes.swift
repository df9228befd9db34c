package import AgentControl
import Glibc
import LinuxSystem
package import RsyncEngine
import RsyncWire
import SecureTunnel
package import Transport
package import VolumeAccess

extension AgentError {
    /// A failure while the connection was made or used.
    init(_ error: TransportError) {
        if let cause = SecureTunnelError(error) {
            self.init(cause)
            return
        }
        switch error {
        case .badAddress: self.init(.badSetting, "\(error)", exitCode: 1)
        case .unknownHost: self.init(.unknownHost, "\(error)", exitCode: 10)
        case .refused: self.init(.connectionRefused, "\(error)", exitCode: 10)
        case .unreachable: self.init(.unreachable, "\(error)", exitCode: 10)
        case .cannotListen: self.init(.cannotListen, "\(error)", exitCode: 10)
        case .timedOut: self.init(.silence, "\(error)", exitCode: 30)
        case .closed: self.init(.cancelled, "\(error)", exitCode: 20)
        case .reset, .system, .layer: self.init(.connectionLost, "\(error)", exitCode: 10)
        }
    }

    /// A failure to connect, where a timeout means that nothing answered.
    package init(dialling error: TransportError) {
        guard case .timedOut = error else {
            self.init(error)
            return
        }
        self.init(.connectTimeout, "\(error)", exitCode: 10)
    }

    /// A failure to connect to a proxy, which matters more than its kind.
    package init(diallingProxy error: TransportError) {
        switch error {
        case .unknownHost: self.init(.proxyUnknownHost, "\(error)", exitCode: 10)
        case .badAddress, .closed: self.init(error)
        default: self.init(.proxyUnreachable, "\(error)", exitCode: 10)
        }
    }

    /// A failure of the tunnel or the proxy.
    init(_ error: SecureTunnelError) {
        switch error {
        case .transport(let cause): self.init(cause)
        case .badSetting: self.init(.badSetting, "\(error)", exitCode: 1)
        case .badFile: self.init(.badCertificateFile, "\(error)", exitCode: 1)
        default: self.init(Self.failure(of: error), "\(error)", exitCode: 10)
        }
    }

    /// The class of a failure of the tunnel or the proxy.
    private static func failure(of error: SecureTunnelError) -> FailureClass {
        switch error {
        case .transport: .connectionLost
        case .badSetting: .badSetting
        case .badFile: .badCertificateFile
        case .notTLS: .notTLS
        case .certificateExpired: .certificateExpired
        case .certificateNotYetValid: .certificateNotYetValid
        case .wrongName: .wrongName
        case .unknownAuthority: .unknownAuthority
        case .pinMismatch: .pinMismatch
        case .certificateRefused, .noCertificate: .certificateRefused
        case .alert(_, let name): failure(ofAlert: name)
        case .clientCertificateRequired: .clientCertificateRequired
        case .clientCertificateRefused: .clientCertificateRefused
        case .preSharedKeyUnknown: .unknownIdentity
        case .preSharedKeyMismatch: .preSharedKeyMismatch
        case .preSharedKeyRefused, .preSharedKeyRequired: .preSharedKeyMissing
        case .noCommonVersion: .tlsVersion
        case .handshakeTimeout: .handshakeSilent
        case .closedDuringHandshake: .handshakeEnded
        case .truncated, .violation: .tunnelBroken
        case .proxyAuthenticationRequired: .proxyAuthentication
        case .proxyLoginRefused: .proxyLoginRefused
        case .proxySchemeUnknown: .proxySchemeUnknown
        case .proxySilent: .proxySilent
        case .proxyForbidden: .proxyForbidden
        case .proxyCannotReach(_, _, let status, _): status == 504 ? .proxyTargetTimeout : .proxyCannotReach
        case .proxyRefused: .proxyRefused
        case .notAProxy, .proxyReplyTooLong: .notAProxy
        }
    }

    /// What a TLS alert of the peer means, by OpenSSL's name for it (`SSL_alert_desc_string_long`).
    private static func failure(ofAlert name: String) -> FailureClass {
        switch name {
        case "unknown PSK identity": .unknownIdentity
        case "handshake failure", "insufficient security": .noCommonCipher
        case "unrecognized name": .routedElsewhere
        default: .alert
        }
    }

    /// A failure that ended a session.
    ///
    /// - Parameters:
    ///   - error: The engine's error.
    ///   - lastWords: What the peer sent last about an error, which explains a bare exit code.
    package init(_ error: EngineError, lastWords: String?) {
        let code = error.exitCode
        switch error {
        case .cancelled: self.init(.cancelled, "stopped on request", exitCode: 20)
        case .noGreeting(let cause): self.init(noGreeting: cause, exitCode: code)
        case .wire(.transport(let cause)):
            if let cause = cause as? TransportError {
                self.init(cause)
            } else {
                self.init(.connectionLost, "\(cause)", exitCode: code)
            }
        case .wire(.ended): self.init(.connectionLost, Self.join("\(error)", lastWords), exitCode: code)
        case .wire: self.init(.protocolBroken, Self.join("\(error)", lastWords), exitCode: code)
        case .volume(let operation, let cause):
            let failure: FailureClass = cause.isOutOfSpace ? .outOfSpace : .sourceUnreadable
            self.init(failure, "\(operation): \(cause)", exitCode: code)
        case .writeBack: self.init(.writeBack, "\(error)", exitCode: code)
        case .refused(let line): self.init(refusal: line)
        case .weakDigest(let text): self.init(.weakDigest, text, exitCode: code)
        case .peerExit(let code):
            // A dvm daemon rejected us after it had read our request.
            if let lastWords, lastWords.hasPrefix("@ERROR: ") {
                self.init(refusal: lastWords, exitCode: code)
                return
            }
            let text = Self.join("the target stopped with exit code \(code)", lastWords)
            self.init(Self.failure(ofPeerExit: code, lastWords: lastWords ?? ""), text, exitCode: code)
        case .rejected(let line, let exitCode): self.init(refusal: line, exitCode: exitCode)
        case .usage(let text, let exitCode):
            let classes: [Int32: FailureClass] = [5: .passwordMissing, 14: .noResources]
            self.init(classes[exitCode] ?? .badSetting, text, exitCode: exitCode)
        }
    }

    /// What was received instead of a daemon's greeting.
    private init(noGreeting cause: WireError, exitCode: Int32) {
        switch cause {
        case .transport(let broken):
            guard let broken = broken as? TransportError else {
                self.init(.connectionLost, "\(broken)", exitCode: exitCode)
                return
            }
            guard case .timedOut = broken else {
                self.init(broken)
                return
            }
            self.init(.daemonSilent, "\(broken)", exitCode: exitCode)
        // rsync's is 5 or 12, by chance.
        case .ended: self.init(.daemonSilent, "\(cause)", exitCode: 12)
        // rsync's code for a version that is not supported (protocol specification, session 9.1).
        case .violation(let text, 2): self.init(.protocolVersion, text, exitCode: exitCode)
        case .violation(let text, _): self.init(.notADaemon, text, exitCode: exitCode)
        }
    }

    /// A daemon's `@ERROR` line (protocol specification, session 3).
    private init(refusal line: String, exitCode: Int32 = 5) {
        let text = line.hasPrefix("@ERROR: ") ? String(line.dropFirst(8)) : line
        let lower = text.lowercased()
        let failure: FailureClass
        if lower.hasPrefix("in use:") {
            failure = .volumeInUse
        } else if lower.hasPrefix("the directory of volume") {
            failure = .volumeMissing
        } else if lower.contains("auth") {
            failure = .loginRefused
        } else if lower.contains("unknown module") {
            failure = .unknownVolume
        } else if lower.contains("access denied") {
            failure = .accessDenied
        } else if lower.contains("read only") {
            failure = .readOnlyVolume
        } else if lower.contains("max connections") {
            failure = .targetBusy
        } else if lower.contains("chdir") || lower.contains("chroot") {
            failure = .targetUnusable
        } else {
            failure = .refusedByTarget
        }
        self.init(failure, "the target refused: \(text)", exitCode: exitCode)
    }

    private static func failure(ofPeerExit code: Int32, lastWords: String) -> FailureClass {
        if lastWords.contains("read only") { return .readOnlyVolume }
        if lastWords.contains(EngineError.lostData) { return .writeBack }
        switch code {
        case 11:
            let isFull = [ENOSPC, EDQUOT].contains { lastWords.contains(SystemError.text(of: $0)) }
            return isFull ? .outOfSpace : .targetUnusable
        case 3: return .targetUnusable
        case 30: return .silence
        default: return .stoppedByPeer
        }
    }

    /// A failure of the control channel.
    package init(_ error: ControlError) {
        switch error {
        case .transport(let cause): self.init(cause)
        case .ended, .silent: self.init(.silence, "\(error)", exitCode: 30)
        case .loginRefused: self.init(.loginRefused, "\(error)", exitCode: 5)
        case .refused(let text): self.init(.refusedByTarget, "the target refused: \(text)", exitCode: 5)
        case .stopped: self.init(.stoppedByPeer, "\(error)", exitCode: 20)
        case .broken, .unusable, .unknownRequest: self.init(.protocolBroken, "\(error)", exitCode: 2)
        }
    }

    /// A source volume that cannot be opened.
    package init(source path: String, _ error: VolumeError) {
        let text = "the source volume cannot be opened: \(error)"
        if let closed = ClosedVolume.reason(path, error) {
            self.init(.volumeClosed, "\(text): \(closed)", exitCode: 3)
        } else {
            self.init(.sourceUnreadable, text, exitCode: 3)
        }
    }

    private static func join(_ text: String, _ lastWords: String?) -> String {
        lastWords.map { "\(text) (it sent: \($0))" } ?? text
    }
}
