import AgentTestSupport
import Foundation
import LinuxSystem
import RsyncEngine
import RsyncWire
import SecureTunnel
import Testing
import Transport
import VolumeAccess

@testable import TransferAgent

@Suite("AgentError")
struct ErrorTableTests {
    @Test("every class has its own code and advice on one line")
    func classes() {
        #expect(Set(FailureClass.allCases.map(\.code)).count == FailureClass.allCases.count)
        for failure in FailureClass.allCases {
            let explanation = failure.explanation
            for text in [explanation.meaning, explanation.cause, explanation.advice] {
                #expect(!text.isEmpty && !text.contains("\n") && !text.hasSuffix("."))
            }
        }
        #expect(FailureTable.sections.flatMap(\.rows).map(\.failure) == FailureClass.allCases)
    }

    /// `DVM_WRITE_CODES=1` writes the page instead: see scripts/codes.
    @Test("docs/codes.md is what the table says")
    func page() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../docs/codes.md"
        )
        if ProcessInfo.processInfo.environment["DVM_WRITE_CODES"] != nil {
            try Data(FailureTable.page.utf8).write(to: path)
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == FailureTable.page)
    }

    @Test(
        "a tunnel's failure has its class and rsync's exit code for a broken connection",
        arguments: [
            (.notTLS(peer: "p", firstBytes: []), .notTLS),
            (.certificateExpired(subject: "s", until: "u"), .certificateExpired),
            (.certificateNotYetValid(subject: "s", from: "f"), .certificateNotYetValid),
            (.wrongName(expected: "e", presented: []), .wrongName),
            (.unknownAuthority(issuer: "i", subject: "s"), .unknownAuthority),
            (.pinMismatch(expected: "e", seen: "s"), .pinMismatch),
            (.certificateRefused(subject: "s", reason: "r"), .certificateRefused),
            (.noCertificate, .certificateRefused),
            (.alert(peer: "p", name: "n"), .alert),
            (.clientCertificateRequired(peer: "p"), .clientCertificateRequired),
            (.alert(peer: "p", name: "unknown PSK identity"), .unknownIdentity),
            (.alert(peer: "p", name: "handshake failure"), .noCommonCipher),
            (.alert(peer: "p", name: "unrecognized name"), .routedElsewhere),
            (.clientCertificateRefused(peer: "p", reason: "r"), .clientCertificateRefused),
            (.preSharedKeyUnknown(peer: "p", identity: "i"), .unknownIdentity),
            (.preSharedKeyMismatch(peer: "p", identity: "i"), .preSharedKeyMismatch),
            (.preSharedKeyRefused(peer: "p", identity: "i"), .preSharedKeyMissing),
            (.preSharedKeyRequired(peer: "p"), .preSharedKeyMissing),
            (.noCommonVersion(peer: "p"), .tlsVersion),
            (.handshakeTimeout(peer: "p", after: .seconds(1)), .handshakeSilent),
            (.closedDuringHandshake(peer: "p"), .handshakeEnded),
            (.truncated(peer: "p"), .tunnelBroken),
            (.violation(peer: "p", reason: "r"), .tunnelBroken),
            (.proxyLoginRefused(proxy: "p", user: "u", realm: nil), .proxyLoginRefused),
            (.proxySchemeUnknown(proxy: "p", schemes: []), .proxySchemeUnknown),
            (.proxySilent(proxy: "p", after: .seconds(1)), .proxySilent),
            (.proxyCannotReach(proxy: "p", target: "t", status: 504, text: ""), .proxyTargetTimeout),
            (.proxyAuthenticationRequired(proxy: "p", realm: nil), .proxyAuthentication),
            (.proxyForbidden(proxy: "p", target: "t", text: ""), .proxyForbidden),
            (.proxyCannotReach(proxy: "p", target: "t", status: 503, text: ""), .proxyCannotReach),
            (.proxyRefused(proxy: "p", target: "t", status: 400, text: ""), .proxyRefused),
            (.notAProxy(proxy: "p", firstBytes: []), .notAProxy),
            (.proxyReplyTooLong(proxy: "p", limit: 1), .notAProxy),
        ] as [(SecureTunnelError, FailureClass)]
    )
    func tunnel(error: SecureTunnelError, expected: FailureClass) {
        #expect(AgentError(error).failure == expected)
        #expect(AgentError(error).exitCode == 10)
        // The same error from a stream inside a session.
        let wrapped = EngineError.wire(.transport(TransportError.layer(LayerFailure(error))))
        #expect(AgentError(wrapped, lastWords: nil).failure == expected)
    }

    @Test("an unusable file or setting is a command-line error")
    func settings() {
        #expect(
            AgentError(.badFile(path: "p", reason: "r"))
                == AgentError(.badCertificateFile, "p cannot be used: r", exitCode: 1)
        )
        #expect(AgentError(SecureTunnelError.badSetting(reason: "r")).exitCode == 1)
    }

    @Test(
        "a connection's failure has its class",
        arguments: [
            (.badAddress(text: "t", reason: "r"), .badSetting, 1),
            (.unknownHost(host: "h", reason: "r"), .unknownHost, 10),
            (.refused(target: "t", attempts: []), .connectionRefused, 10),
            (.unreachable(target: "t", attempts: []), .unreachable, 10),
            (.cannotListen(address: "a", cause: SystemError(operation: "bind", number: 98)), .cannotListen, 10),
            (.reset(peer: "p", operation: "reading"), .connectionLost, 10),
            (.timedOut(waitingFor: "w", after: .seconds(1)), .silence, 30),
            (.closed(peer: "p"), .cancelled, 20),
            (.system(SystemError(operation: "read", number: 5), peer: "p"), .connectionLost, 10),
        ] as [(TransportError, FailureClass, Int32)]
    )
    func transport(error: TransportError, expected: FailureClass, code: Int32) {
        #expect(AgentError(error).failure == expected)
        #expect(AgentError(error).exitCode == code)
    }

    @Test("a connect timeout is not a peer's silence")
    func dialling() {
        let error = AgentError(dialling: .timedOut(waitingFor: "w", after: .seconds(1)))
        #expect(error.failure == .connectTimeout && error.exitCode == 10)
    }

    @Test(
        "a daemon's refusal is classified by its text",
        arguments: [
            ("@ERROR: auth failed on module v", .loginRefused),
            ("@ERROR: Unknown module 'v'", .unknownVolume),
            ("@ERROR: access denied to v from host (1.2.3.4)", .accessDenied),
            ("@ERROR: max connections (32) reached -- try again later", .targetBusy),
            ("@ERROR: chdir failed", .targetUnusable),
            ("@ERROR: in use: volume v is written to from 1.2.3.4:5, user auth", .volumeInUse),
            ("@ERROR: the directory of volume unknown module is missing: open", .volumeMissing),
            ("@ERROR: no idea", .refusedByTarget),
        ] as [(String, FailureClass)]
    )
    func refusal(line: String, expected: FailureClass) {
        let error = AgentError(EngineError.refused(line), lastWords: nil)
        #expect(error.failure == expected && error.exitCode == 5)
        #expect(!error.observed.contains("@ERROR"))
    }

    @Test(
        "a peer's exit code is explained by its last messages",
        arguments: [
            (1, "rsync error: ERROR: module is read only", .readOnlyVolume),
            (11, "write failed: No space left on device (28)", .outOfSpace),
            (11, nil, .targetUnusable), (3, nil, .targetUnusable), (30, nil, .silence), (12, nil, .stoppedByPeer),
        ] as [(Int32, String?, FailureClass)]
    )
    func peerExit(code: Int32, lastWords: String?, expected: FailureClass) {
        let error = AgentError(EngineError.peerExit(code), lastWords: lastWords)
        #expect(error.failure == expected && error.exitCode == code)
        if let lastWords { #expect(error.observed.contains(lastWords)) }
    }

    @Test("other failures of a session have their class")
    func session() {
        let full = VolumeError.system(operation: "write", path: [], number: ENOSPC)
        #expect(AgentError(.volume("o", full), lastWords: nil).failure == .outOfSpace)
        #expect(AgentError(.volume("o", full), lastWords: nil).exitCode == 11)
        let denied = VolumeError.system(operation: "open", path: [], number: EACCES)
        #expect(AgentError(source: "/p", denied).failure == .sourceUnreadable)
        #expect(AgentError(.wire(.ended(field: "f")), lastWords: nil).exitCode == 12)
        #expect(AgentError(.wire(.violation("v", exitCode: 2)), lastWords: nil).failure == .protocolBroken)
        #expect(AgentError(.cancelled, lastWords: nil) == AgentError(.cancelled, "stopped on request", exitCode: 20))
    }
}
