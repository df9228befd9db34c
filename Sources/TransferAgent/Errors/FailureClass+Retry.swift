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
            .protocolBroken, .protocolVersion, .badSetting, .badSecretFile, .cannotListen, .noPass, .agentRefused:
            false
        }
    }
}
