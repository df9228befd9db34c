/// The kinds of failure that a person is told of, each with a code that stays the same in all versions.
///
/// 10xx: network, 11xx: proxy, 12xx: TLS, 20xx: the daemon's refusal, 30xx: data, 40xx: protocol, 50xx: settings.
public enum FailureClass: Int, Sendable, CaseIterable {
    case unknownHost = 1001
    case connectionRefused = 1002
    case unreachable = 1003
    case connectTimeout = 1004
    case connectionLost = 1005

    case proxyAuthentication = 1101
    case proxyForbidden = 1102
    case proxyCannotReach = 1103
    case proxyRefused = 1104
    case notAProxy = 1105

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
    case tlsVersion = 1214
    case unknownIdentity = 1216
    case preSharedKeyMismatch = 1219
    case preSharedKeyMissing = 1220
    case clientCertificateRefused = 1221

    case loginRefused = 2001
    case unknownVolume = 2002
    case readOnlyVolume = 2003
    case targetBusy = 2004
    case refusedByTarget = 2005
    case passwordMissing = 2006

    case outOfSpace = 3001
    case sourceUnreadable = 3002
    case targetUnusable = 3003
    case partial = 3023
    case vanished = 3024
    case deletionLimit = 3025

    case protocolBroken = 4001
    case stoppedByPeer = 4002
    case silence = 4003
    case cancelled = 4004
    case noResources = 4005

    case badSetting = 5001
    case badSecretFile = 5002
    case cannotListen = 5003

    /// The code in the form that people look up, such as `DVM-1001`.
    public var code: String { "DVM-\(rawValue)" }

    /// The next thing to try.
    public var advice: String {
        switch self {
        case .unknownHost: "check the host name and this pod's DNS"
        case .connectionRefused: "check the port, and that dvm-target is running there"
        case .unreachable, .connectTimeout: "check routes, firewalls and egress network policies, or use --proxy"
        case .connectionLost: "check the target's log, then run again: what was done is kept"
        case .proxyAuthentication: "give the proxy's user and password in --proxy http://USER:PASSWORD@HOST:PORT"
        case .proxyForbidden: "ask the proxy's administrator to allow the target's host and port"
        case .proxyCannotReach: "check that the proxy can resolve and reach the target"
        case .proxyRefused: "check what the proxy allows for CONNECT"
        case .notAProxy: "check the host and port in --proxy"
        case .notTLS: "check that the port is the TLS one"
        case .unknownAuthority: "give the authority that issued the certificate in --ca, or its SHA-256 in --pin"
        case .certificateExpired: "renew the certificate"
        case .certificateNotYetValid: "check the clocks of both sides"
        case .wrongName: "give one of the certificate's names in --server-name, or issue it for this host"
        case .pinMismatch: "make sure who answers there, then give the certificate's SHA-256 in --pin"
        case .alert: "check the log of the other side"
        case .clientCertificateRequired: "give a certificate that the target accepts in --certificate and --private-key"
        case .certificateRefused: "check the certificate with openssl x509 -text"
        case .handshakeEnded: "check what listens there, and the log of the other side"
        case .tunnelBroken: "check both logs, then run again: what was done is kept"
        case .badCertificateFile: "check the PEM file"
        case .tlsVersion: "let both sides speak TLS 1.2 or 1.3"
        case .unknownIdentity, .preSharedKeyMismatch: "give both sides the same --psk-file"
        case .preSharedKeyMissing: "give both sides a --psk-file, or neither"
        case .clientCertificateRefused: "give --client-ca of the target the authority that issued --certificate"
        case .loginRefused: "check --user and the password against the target's credentials file"
        case .unknownVolume: "check the volume's NAME against the target's --volume"
        case .readOnlyVolume: "allow writing to the volume at the target"
        case .targetBusy: "run again when other transfers have ended"
        case .refusedByTarget: "check the target's log"
        case .passwordMissing: "give the password by --password-file or in DVM_PASSWORD"
        case .outOfSpace: "enlarge the target volume, then run again: what was done is kept"
        case .sourceUnreadable: "check the path and this program's permissions"
        case .targetUnusable: "check the volume at the target"
        case .partial: "put right what is listed above, then run again"
        case .vanished: "files were removed while they were read; run again"
        case .deletionLimit: "raise the limit or delete by hand"
        case .protocolBroken: "check what listens there; run again, and report it if it comes back"
        case .stoppedByPeer: "check the target's log"
        case .silence: "check the network and the target, then run again: what was done is kept"
        case .cancelled: "run again to go on: what was done is kept"
        case .noResources: "check the limits of memory, processes and open files"
        case .badSetting: "see --help"
        case .badSecretFile: "put it right, for example with chmod 600"
        case .cannotListen: "choose an address of this host and a free port"
        }
    }
}
