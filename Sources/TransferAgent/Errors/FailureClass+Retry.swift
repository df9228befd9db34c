extension FailureClass {
    /// Whether the same run, repeated later, may succeed without anyone changing anything.
    ///
    /// A connection that broke, a service that is not there yet and a peer that was busy or stopped pass; a wrong password,
    /// certificate or setting, a full disk and missing permissions stay.
    package var isRetryable: Bool {
        switch self {
        case .unknownHost, .connectionRefused, .unreachable, .connectTimeout, .connectionLost, .idleCut,
            .proxyCannotReach,
            .proxyUnknownHost, .proxyUnreachable, .proxySilent, .proxyTargetTimeout, .handshakeEnded, .handshakeSilent,
            .tunnelBroken, .routedElsewhere, .targetBusy, .daemonSilent, .volumeInUse, .loginTooSlow, .loginEvicted,
            .vanished, .stoppedByPeer, .silence, .cancelled, .noResources, .passRunning, .stopOverdue, .agentEnded,
            .noAgent, .agentSilent, .followerDropped:
            true
        case .proxyAuthentication, .proxyForbidden, .proxyRefused, .notAProxy, .proxyLoginRefused, .proxySchemeUnknown,
            .notTLS, .unknownAuthority, .certificateExpired, .certificateNotYetValid, .wrongName, .pinMismatch, .alert,
            .clientCertificateRequired, .certificateRefused, .badCertificateFile, .intercepted, .tlsVersion,
            .unknownIdentity, .noCommonCipher, .preSharedKeyMismatch, .preSharedKeyMissing, .clientCertificateRefused,
            .loginRefused, .unknownVolume, .readOnlyVolume, .refusedByTarget, .passwordMissing, .notADaemon,
            .accessDenied, .volumeMissing, .weakDigest, .outOfSpace, .sourceUnreadable, .targetUnusable, .doesNotFit,
            .doesNotSurvive, .emptySource, .tooManyDeletions, .writeBack, .fileTooLarge, .partial, .deletionLimit,
            .cutoverExceptions, .notMounted, .diverged, .hookFailed,
            .protocolBroken, .protocolVersion, .badSetting, .badSecretFile, .cannotListen, .recordNotWritten, .noPass,
            .agentRefused, .groupMissing, .identityRefused, .volumeClosed, .badManifest, .manifestNotWritten:
            false
        }
    }
}

extension FailureClass {
    /// Whether the target refused.
    var isRefusal: Bool { (2000..<3000).contains(rawValue) }
}

extension AgentError {
    /// The codes of a peer that stopped for a reason that passes: a lost connection (10, 12), a lack of resources (14), a
    /// signal (19, 20) and silence (30, 35).
    private static let passingCodes: Set<Int32> = [10, 12, 14, 19, 20, 30, 35]

    /// Those codes, for the table of codes.
    static var passingWords: String { "for " + passingCodes.sorted().map(String.init).joined(separator: ", ") }

    /// Whether the same run, repeated later, may succeed without anyone changing anything.
    package var isRetryable: Bool {
        failure.isRetryable && (failure != .stoppedByPeer || Self.passingCodes.contains(exitCode))
    }

    /// Whether it happened before anything was heard of the target: on the network, at the proxy or in the tunnel.
    var isBeforeTarget: Bool { failure.rawValue < 2000 }
}
