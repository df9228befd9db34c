/// How long a volume waits before it is tried again.
enum RetryPause {
    /// The longest pause.
    static let longest = Duration.seconds(60)

    /// The pause after an attempt: twice as long each time, shortened by up to a half at random, so that sources that
    /// failed together do not come back together.
    ///
    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1 on.
    ///   - share: What is left of the pause, 0.5 to 1.
    /// - Returns: Half a second to a minute.
    static func after(attempt: Int, share: Double = .random(in: 0.5...1)) -> Duration {
        let whole = min(longest, .seconds(1 << min(attempt - 1, 6)))
        return whole * share
    }
}

extension FailureClass {
    /// Whether a later attempt may succeed although nobody changed a setting: connections that broke, a target, name or
    /// route that is not there yet, a volume that is busy, files that vanished.
    var mayPass: Bool {
        switch self {
        case .unknownHost, .connectionRefused, .unreachable, .connectTimeout, .connectionLost, .idleCut: true
        case .proxyCannotReach, .proxyUnknownHost, .proxyUnreachable, .proxySilent, .proxyTargetTimeout: true
        case .handshakeEnded, .handshakeSilent, .tunnelBroken, .routedElsewhere: true
        case .targetBusy, .daemonSilent, .volumeInUse, .volumeMissing: true
        case .stoppedByPeer, .silence, .vanished: true
        case .proxyAuthentication, .proxyForbidden, .proxyRefused, .notAProxy, .proxyLoginRefused, .proxySchemeUnknown:
            false
        case .notTLS, .unknownAuthority, .certificateExpired, .certificateNotYetValid, .wrongName, .pinMismatch, .alert,
            .clientCertificateRequired, .certificateRefused, .badCertificateFile, .intercepted, .tlsVersion,
            .unknownIdentity, .noCommonCipher, .preSharedKeyMismatch, .preSharedKeyMissing, .clientCertificateRefused:
            false
        case .loginRefused, .unknownVolume, .readOnlyVolume, .refusedByTarget, .passwordMissing, .notADaemon,
            .accessDenied, .weakDigest, .loginTooSlow, .loginEvicted:
            false
        case .outOfSpace, .sourceUnreadable, .targetUnusable, .doesNotFit, .doesNotSurvive, .emptySource,
            .tooManyDeletions, .writeBack, .fileTooLarge, .partial, .deletionLimit:
            false
        case .protocolBroken, .cancelled, .noResources, .protocolVersion: false
        case .badSetting, .badSecretFile, .cannotListen: false
        }
    }
}
