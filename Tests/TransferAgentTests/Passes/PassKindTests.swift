import AgentTestSupport
import Foundation
import SecureTunnel
import TestSupport
import Testing

@testable import TransferAgent

/// A pass during which the source changes: one file vanishes, one grows, and one becomes shorter while it is read.
@Suite(
    "Stage and cutover",
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: isPrivileged, "only root can hold a file")
)
struct PassKindTests {
    /// What happens to the source once its list is complete.
    enum Change: CaseIterable {
        case vanishing, growing, writing

        func make(in directory: String) throws {
            let path = directory + "/z"
            switch self {
            case .vanishing: try FileManager.default.removeItem(atPath: path)
            case .growing:
                try (Data(knownBytes(2_000_000, seed: 3)) + Data("more".utf8)).write(to: URL(fileURLWithPath: path))
            case .writing:
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try handle.write(contentsOf: Data("CHANGED".utf8))
                try handle.close()
            }
        }

        var message: String {
            switch self {
            case .vanishing: "file has vanished: \"z\""
            case .growing: "file has grown while it was read: \"z\" (from 2000000 to 2000004 bytes)"
            case .writing: "file has been written to while it was read: \"z\""
            }
        }
    }

    /// Transfers while the source changes.
    private func outcome(_ settings: TransferSettings, _ change: Change, in directory: String) async throws
        -> VolumeOutcome
    {
        try write("first", to: directory + "/a")
        try Data(knownBytes(2_000_000, seed: 3)).write(to: URL(fileURLWithPath: directory + "/z"))
        let held = try HeldFile(directory + "/a")
        let running = Task { try await transfer(settings) }
        try await offPool { try held.waitForCaller() }
        try change.make(in: directory)
        held.release()
        return try #require(try await running.value.first)
    }

    @Test("a stage pass lists what changed, and ends with 0", arguments: Change.allCases)
    func stage(change: Change) async throws {
        let target = try Target()
        var settings = target.settings
        settings.kind = .stage
        let outcome = try await outcome(settings, change, in: target.directory.file("source"))
        #expect(outcome.exitCode == 0, "\(String(describing: outcome.error))")
        #expect(outcome.exceptions.contains { $0.hasPrefix(change.message.prefix(30)) }, "\(outcome.exceptions)")
        #expect(outcome.isComplete == (change != .vanishing))
    }

    @Test("a cutover fails, unless the job accepts it", arguments: Change.allCases, [false, true])
    func cutover(change: Change, isAccepted: Bool) async throws {
        let target = try Target()
        var settings = target.settings
        settings.kind = .cutover
        settings.pass.accept = isAccepted ? [change == .vanishing ? .vanished : .changed] : []
        let outcome = try await outcome(settings, change, in: target.directory.file("source"))
        #expect(outcome.error?.failure == (change == .vanishing ? .vanished : .cutoverExceptions))
        #expect(outcome.exitCode == (isAccepted ? 0 : change == .vanishing ? 24 : 23))
        #expect(!outcome.isComplete && outcome.isAccepted == isAccepted)
    }

    @Test(
        "without an occasion a change is listed, and only what vanished leads to an exit code",
        arguments: Change.allCases
    )
    func usual(change: Change) async throws {
        let target = try Target()
        let outcome = try await outcome(target.settings, change, in: target.directory.file("source"))
        #expect(outcome.exitCode == (change == .vanishing ? 24 : 0))
        #expect(outcome.exceptionCount == 1)
    }

    @Test("a cutover without exceptions is complete")
    func quiet() async throws {
        let target = try Target()
        try write("x", to: target.source("file"))
        var settings = target.settings
        settings.kind = .cutover
        #expect(try await transferOne(settings).isComplete)
    }

    @Test(
        "a stock target gets the same verdicts",
        .enabled(if: StockTarget.isInstalled, "stunnel or rsync is not installed"),
        arguments: Change.allCases
    )
    func stock(change: Change) async throws {
        let authority = try CertificateAuthority()
        let stock = try StockTarget(showing: try authority.issue("localhost", alternativeNames: "IP:127.0.0.1"))
        defer { stock.stop() }
        for kind in PassKind.allCases {
            let directory = try TemporaryDirectory()
            var settings = TransferSettings(
                volumes: ["data=" + directory.path],
                target: "127.0.0.1:\(stock.tunnel.port)",
                trust: .authorities(authority.files.certificate)
            )
            settings.environmentPassword = SecretBytes("secret")
            settings.kind = kind
            let outcome = try await outcome(settings, change, in: directory.path)
            let failed: Int32 = change == .vanishing ? 24 : 23
            #expect(outcome.exitCode == (kind == .stage ? 0 : failed), "\(String(describing: outcome.error))")
        }
    }
}
