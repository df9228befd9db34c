/// The kinds of failure that are reported to the user, each with a code that stays the same in all versions.
///
/// 10xx: network, 11xx: proxy, 12xx: TLS, 20xx: the daemon's refusal, 30xx: data, 40xx: protocol, 50xx: settings,
/// 60xx: commands to a running agent, 70xx: verification. What each means is in ``FailureTable``.
package enum FailureClass: Int, Sendable, CaseIterable {
    case unknownHost = 1001
    case connectionRefused = 1002
    case unreachable = 1003
    case connectTimeout = 1004
    case connectionLost = 1005
    case idleCut = 1006

    case proxyAuthentication = 1101
    case proxyForbidden = 1102
    case proxyCannotReach = 1103
    case proxyRefused = 1104
    case notAProxy = 1105
    case proxyUnknownHost = 1106
    case proxyUnreachable = 1107
    case proxySilent = 1108
    case proxyLoginRefused = 1109
    case proxySchemeUnknown = 1110
    case proxyTargetTimeout = 1111

    case notTLS = 1201
    case unknownAuthority = 1202
    case certificateExpired = 1203
    case certificateNotYetValid = 1204
    case wrongName = 1205
    case pinMismatch = 1206
    case alert = 1207
    case clientCertificateRequired = 1208
    case certificateRefused = 1209
    case handshakeEnded = 1210
    case tunnelBroken = 1211
    case badCertificateFile = 1212
    case intercepted = 1213
    case tlsVersion = 1214
    case routedElsewhere = 1215
    case unknownIdentity = 1216
    case handshakeSilent = 1217
    case noCommonCipher = 1218
    case preSharedKeyMismatch = 1219
    case preSharedKeyMissing = 1220
    case clientCertificateRefused = 1221

    case loginRefused = 2001
    case unknownVolume = 2002
    case readOnlyVolume = 2003
    case targetBusy = 2004
    case refusedByTarget = 2005
    case passwordMissing = 2006
    case notADaemon = 2007
    case daemonSilent = 2008
    case accessDenied = 2009
    case volumeInUse = 2010
    case volumeMissing = 2011
    case weakDigest = 2012
    case loginTooSlow = 2013
    case loginEvicted = 2014

    case outOfSpace = 3001
    case sourceUnreadable = 3002
    case targetUnusable = 3003
    case doesNotFit = 3004
    case doesNotSurvive = 3005
    case emptySource = 3006
    case tooManyDeletions = 3007
    case writeBack = 3008
    case fileTooLarge = 3009
    case notMounted = 3010
    case diverged = 3011
    case volumeClosed = 3012
    case partial = 3023
    case vanished = 3024
    case deletionLimit = 3025
    case cutoverExceptions = 3026

    case protocolBroken = 4001
    case stoppedByPeer = 4002
    case silence = 4003
    case cancelled = 4004
    case noResources = 4005
    case protocolVersion = 4006
    case hookFailed = 4007

    case badSetting = 5001
    case badSecretFile = 5002
    case cannotListen = 5003
    case recordNotWritten = 5004
    case groupMissing = 5005
    case identityRefused = 5006

    case passRunning = 6001
    case noPass = 6002
    case stopOverdue = 6003
    case agentEnded = 6004
    case noAgent = 6005
    case agentRefused = 6006
    case agentSilent = 6007
    case followerDropped = 6008

    case badManifest = 7001
    case manifestNotWritten = 7002

    /// The code in its printed form, such as `DVM-1001`.
    package var code: String { "DVM-\(rawValue)" }

    /// What it means, what usually causes it and what to do.
    package var explanation: FailureExplanation { FailureTable.explanations[self] ?? FailureTable.unexplained }

    /// What to do.
    package var advice: String { explanation.advice }
}
