import Foundation
import LinuxSystem
import RsyncEngine
import RsyncWire
import SecureTunnel
import Testing
import Transport
import VolumeAccess
import VolumeCapacity
import VolumeVerification

@testable import AgentControl
@testable import TransferAgent

/// The exit codes in the table of failures against the code that chooses them: what the initializers of `AgentError` choose for
/// every error of the modules below, and what is written out where an `AgentError` is made.
@Suite("Exit codes of the table of failures")
struct ExitCodeTableTests {
    /// Exit codes by class of failure.
    typealias Found = [FailureClass: Set<Int32>]

    @Test("the exit codes of each class are those that the code chooses, no more and no fewer")
    func table() throws {
        var found = Self.taken
        for error in Self.errors { found[error.failure, default: []].insert(error.exitCode) }
        try Self.addLiterals(to: &found)
        for row in FailureTable.sections.flatMap(\.rows) {
            let chosen = (found[row.failure] ?? []).sorted()
            switch row.exitCodes {
            case .oneOf(let codes): #expect(codes == chosen, "\(row.failure)")
            case .sentByPeer: #expect(chosen == Self.peersCodes, "\(row.failure)")
            case .ofCommand: #expect(chosen == [124], "\(row.failure)")
            case .none: #expect(chosen.isEmpty, "\(row.failure)")
            }
        }
    }

    // MARK: what the code chooses

    /// Codes that an `AgentError` takes over from another one, or computes where it is made.
    private static let taken: Found = [
        .idleCut: [10, 12, 30],  // TrialWalk.cut: how the connection ended
        .intercepted: [10], .routedElsewhere: [10],  // AgentError.settled: a failed handshake's
        .doesNotFit: [4, 11],  // TargetCheckStep.judge: without and with lack of space
    ]

    /// What a peer's exit code is tried with where the table says that it decides.
    private static let peersCodes: [Int32] = [1, 4, 12, 20]

    private static var verification: [VerificationError] {
        [
            .volume(.invalidName([])), .system(SystemError(operation: "read", number: 5)), .malformed("short"),
            .differentFunctions("a", "b"),
        ]
    }

    private static var errors: [AgentError] {
        transport.map { AgentError($0) } + [AgentError(dialling: timeOut), AgentError(diallingProxy: timeOut)]
            + [AgentError(diallingProxy: .unknownHost(host: "h", reason: "r"))]
            + tunnel.map { AgentError($0) } + control.map { AgentError($0) } + control.map { AgentError(ofAgent: $0) }
            + capacity.map { AgentError($0) } + verification.map { AgentError($0, "/v") }
            + engine.map { AgentError($0, lastWords: nil) } + refusals
            + verdicts
            + [AgentError(source: "/p", denied)]
            + [AgentError(refused: .emptySource, 1, of: 1), AgentError(refused: .tooMany, 1, of: 1)]
    }

    /// What is wrong after sessions that ran to their ends.
    private static var verdicts: [AgentError] {
        let kinds = AcceptedException.allCases + [nil]
        return kinds.flatMap { kind in
            var findings = PassFindings()
            if let kind { findings.counts[kind] = 1 }
            return [0, 23, 24, 25].compactMap { code in
                PassVerdict(of: .cutover, accepting: [], exitCode: code, findings, messages: 1).error
            }
        }
    }

    private static let timeOut = TransportError.timedOut(waitingFor: "w", after: .seconds(1))
    private static let denied = VolumeError.system(operation: "open", path: [], number: EACCES)
    private static let full = VolumeError.system(operation: "write", path: [], number: ENOSPC)

    private static let transport: [TransportError] = [
        .badAddress(text: "t", reason: "r"), .unknownHost(host: "h", reason: "r"), .refused(target: "t", attempts: []),
        .unreachable(target: "t", attempts: []), timeOut, .closed(peer: "p"), .reset(peer: "p", operation: "o"),
        .cannotListen(address: "a", cause: SystemError(operation: "bind", number: 98)),
        .system(SystemError(operation: "read", number: 5), peer: "p"),
    ]

    private static let tunnel: [SecureTunnelError] = [
        .notTLS(peer: "p", firstBytes: []), .certificateExpired(subject: "s", until: "u"),
        .certificateNotYetValid(subject: "s", from: "f"), .wrongName(expected: "e", presented: []),
        .unknownAuthority(issuer: "i", subject: "s"), .pinMismatch(expected: "e", seen: "s"),
        .noCertificate, .certificateRefused(subject: "s", reason: "r"), .alert(peer: "p", name: "n"),
        .alert(peer: "p", name: "handshake failure"), .clientCertificateRequired(peer: "p"),
        .clientCertificateRefused(peer: "p", reason: "r"), .preSharedKeyUnknown(peer: "p", identity: "i"),
        .preSharedKeyMismatch(peer: "p", identity: "i"), .preSharedKeyRefused(peer: "p", identity: "i"),
        .preSharedKeyRequired(peer: "p"), .noCommonVersion(peer: "p"), .handshakeTimeout(peer: "p", after: .seconds(1)),
        .closedDuringHandshake(peer: "p"), .truncated(peer: "p"), .violation(peer: "p", reason: "r"),
        .badFile(path: "p", reason: "r"), .badSetting(reason: "r"),
        .proxyAuthenticationRequired(proxy: "p", realm: nil), .proxyLoginRefused(proxy: "p", user: "u", realm: nil),
        .proxySchemeUnknown(proxy: "p", schemes: []), .proxySilent(proxy: "p", after: .seconds(1)),
        .proxyForbidden(proxy: "p", target: "t", text: ""), .notAProxy(proxy: "p", firstBytes: []),
        .proxyCannotReach(proxy: "p", target: "t", status: 504, text: ""),
        .proxyCannotReach(proxy: "p", target: "t", status: 503, text: ""),
        .proxyRefused(proxy: "p", target: "t", status: 400, text: ""),
    ]

    private static let control: [ControlError] = [
        .transport(timeOut), .ended(awaited: "a"), .silent(awaited: "a"), .broken("t"), .unusable("t"),
        .loginRefused("t"), .unknownRequest("n"), .refused("t"),
    ]

    private static let capacity: [CapacityError] = [
        .malformedQuantity("q"), .quantityOutOfRange("q"), .unusableOutput("r"), .volume(denied),
        .system(operation: "statvfs", path: "p", number: EACCES),
    ]

    /// The codes that RsyncWire and RsyncEngine give to what a peer does wrong once it has greeted; 5 is a refusal then.
    private static let violations: [Int32] = [2, 4, 12, 22]

    private static let engine: [EngineError] =
        violations.map { .wire(.violation("v", exitCode: $0)) }
        + [2, 5].map { .noGreeting(.violation("v", exitCode: $0)) }
        + [.noGreeting(.ended(field: "f")), .noGreeting(.transport(timeOut)), .wire(.ended(field: "f"))]
        + [.volume("o", full), .volume("o", denied), .writeBack("f", full), .weakDigest("t"), .cancelled]
        + [.usage("no password", exitCode: 5), .usage("no thread", exitCode: 14)]

    /// What targets refuse, before a session in a line and in a session by an exit code.
    private static var refusals: [AgentError] {
        let lines = [
            "auth failed on module v", "Unknown module 'v'", "access denied to v from host (1.2.3.4)",
            "max connections (32) reached -- try again later", "chdir failed", "in use: volume v is written to",
            "the directory of volume v is missing", "read only", "no idea",
        ]
        let exits: [(Int32, String?)] =
            peersCodes.map { ($0, nil) } + [
                (1, "ERROR: module is read only"), (3, nil), (11, nil), (30, nil),
                (3, "@ERROR: the directory of volume v is missing"), (5, "@ERROR: in use: volume v is written to"),
                (11, "write failed: No space left on device (28)"), (11, EngineError.lostData),
            ]
        return lines.map { AgentError(EngineError.refused("@ERROR: \($0)"), lastWords: nil) }
            + exits.map { AgentError(EngineError.peerExit($0.0), lastWords: $0.1) }
    }

    /// Adds what is written out in the sources: `AgentError(.failure, …, exitCode: number)`.
    private static func addLiterals(to found: inout Found) throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources").standardized
        let byName = Dictionary(uniqueKeysWithValues: FailureClass.allCases.map { ("\($0)", $0) })
        var count = 0
        for path in FileManager.default.enumerator(atPath: sources.path)?.compactMap({ $0 as? String }) ?? []
        where path.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8)
            for part in text.components(separatedBy: "AgentError(").dropFirst() {
                guard let match = part.prefixMatch(of: /\s*\.(\w+),[^{}]*?exitCode: (\d+)\s*\)/),
                    !match.output.0.contains("AgentError"), let code = Int32(match.output.2)
                else { continue }
                let failure = try #require(byName[String(match.output.1)], "\(path): .\(match.output.1)")
                found[failure, default: []].insert(code)
                count += 1
            }
        }
        try #require(count > 30, "the pattern finds what is written out")
    }
}
