import AgentTestSupport
import Foundation
import SecureTunnel
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Attempts and groups of a run", .timeLimit(.minutes(10)))
struct ContractRunTests {
    /// Does something when a line comes.
    private final class Reaction: TextOutput {
        let words: String
        let act: @Sendable () -> Void

        init(to words: String, _ act: @escaping @Sendable () -> Void) {
            self.words = words
            self.act = act
        }

        func write(_ text: String) { if text.contains(words) { act() } }
    }

    private func run(_ settings: TransferSettings, log: any TextOutput) async throws -> VolumeOutcome {
        let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: log))
        return try #require(await TransferRun(try SourceJob(settings), display: display).run().first)
    }

    /// Settings for a port at which nothing listens.
    private func settings(_ directory: TemporaryDirectory, attempts: Int) -> TransferSettings {
        var settings = TransferSettings(
            volumes: ["data=" + directory.path],
            target: "127.0.0.1:\(freePort())",
            trust: .insecure
        )
        settings.environmentPassword = SecretBytes("secret")
        settings.pass.attempts = attempts
        return settings
    }

    @Test("a volume is transferred when the target is there at a later attempt")
    func later() async throws {
        let directory = try TemporaryDirectory()
        try write("content", to: directory.file("file"))
        defer { withExtendedLifetime(directory) {} }
        let settings = settings(directory, attempts: 5)
        let (targets, source) = AsyncStream<Target>.makeStream()
        let reaction = Reaction(to: "attempt 1 of 5 failed: DVM-1002") {
            if let target = try? Target(listen: settings.target) { source.yield(target) }
        }
        let outcome = try await run(settings, log: reaction)
        #expect(outcome.error == nil)
        source.finish()
        var copies: [String] = []
        for await target in targets {
            copies.append(try String(contentsOfFile: target.target("file"), encoding: .utf8))
        }
        #expect(copies == ["content"])
    }

    @Test("attempts are counted, and what will not pass is tried once")
    func counted() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let log = Memory()
        let outcome = try await run(settings(directory, attempts: 2), log: log)
        #expect(outcome.error?.failure == .connectionRefused)
        #expect(log.lines.filter { $0.contains("attempt ") }.count == 1)
        let target = try Target()
        var settings = target.settings
        settings.pass.attempts = 2
        settings.volumes = ["unknown=" + target.directory.file("source")]
        let other = Memory()
        #expect(try await run(settings, log: other).error?.failure == .unknownVolume)
        #expect(!other.lines.contains { $0.contains("attempt ") })
    }

    @Test("cancellation ends the pause before an attempt, with exit code 20")
    func cancelled() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let settings = settings(directory, attempts: 1000)
        let (lines, source) = AsyncStream<Void>.makeStream()
        // The fourth pause is at least four seconds long.
        let task = Task {
            defer { source.finish() }
            return try await run(settings, log: Reaction(to: "attempt 4 of") { source.yield() })
        }
        for await _ in lines.prefix(1) { task.cancel() }
        let start = ContinuousClock.now
        #expect(try await task.value.exitCode == 20)
        #expect(.now - start < .seconds(3))
    }

    @Test(
        "a root process joins the groups of TARGET_SUPPLEMENTAL_GROUPS",
        .enabled(if: getuid() == 0, "only root joins groups")
    )
    func targetGroups() throws {
        let target = try Target()
        let leaf = try target.authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
        let child = try ChildProcess(
            "/usr/bin/env",
            ["TARGET_SUPPLEMENTAL_GROUPS=5555,,6666", try BuiltProgram.path("dvm-target"), "serve"]
                + ["--listen", "127.0.0.1:0", "--certificate", leaf.certificate, "--private-key", leaf.key]
                + [
                    "--volume", "v=" + target.directory.file("target"), "--credentials",
                    target.directory.file("credentials"),
                ]
        )
        defer { child.stop() }
        try child.waitForOutput("(TLS)\n")
        let status = try String(contentsOfFile: "/proc/\(child.processIdentifier)/status", encoding: .utf8)
        let groups = try #require(status.split(separator: "\n").first { $0.hasPrefix("Groups:") }).split(separator: " ")
        #expect(groups.contains("5555") && groups.contains("6666"))
    }

    @Test(
        "a group that cannot be joined is a failure that names the field of the pod",
        .enabled(if: getuid() == 0, "only root becomes another user")
    )
    func missingGroup() throws {
        let directory = try TemporaryDirectory()
        let program = directory.file("dvm-source")
        try FileManager.default.copyItem(atPath: try BuiltProgram.path("dvm-source"), toPath: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
        let child = try ChildProcess(
            "/usr/bin/setpriv",
            [
                "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "transfer", "--volume",
                "v=/nonexistent",
            ]
                + ["--target", "127.0.0.1:1", "--insecure", "--supplemental-groups", "5555"]
        )
        #expect(try child.waitForExit() == 1)
        #expect(child.output.contains("DVM-5005: this process is in the groups 65534, not in 5555"), "\(child.output)")
        #expect(child.output.contains("supplementalGroups"))
    }
}
