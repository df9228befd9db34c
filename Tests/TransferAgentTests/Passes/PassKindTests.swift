import AgentTestSupport
import Foundation
import Glibc
import LinuxSystem
import SecureTunnel
import TestSupport
import Testing

@testable import TransferAgent

/// A pass during which the source changes: a file vanishes, grows, is written to, or becomes shorter while it is read.
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

    /// Makes a file a tenth shorter a moment after each time that somebody opens it.
    ///
    /// - Returns: What ends that.
    private func shorten(_ path: String) throws -> BoundedQueue<Never> {
        let events = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard inotify_add_watch(events, path, UInt32(IN_OPEN)) > 0 else { throw Unexpected("inotify: \(errno)") }
        let end = BoundedQueue<Never>(capacity: 1, name: "end of the transfer")
        _ = try Background {
            var buffer = [UInt8](repeating: 0, count: 4096)
            var status = stat()
            while case .timedOut = end.pop(within: .milliseconds(50)) {
                guard read(events, &buffer, buffer.count) > 0, stat(path, &status) == 0 else { continue }
                truncate(path, status.st_size / 10 * 9)
            }
            close(events)
        }
        return end
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

    @Test(
        "what a cutover accepts does not hide what it does not",
        arguments: [[.vanished], [.vanished, .changed]] as [Set<AcceptedException>]
    )
    func two(accepted: Set<AcceptedException>) async throws {
        let target = try Target()
        var settings = target.settings
        settings.kind = .cutover
        settings.pass.accept = accepted
        let directory = target.directory.file("source")
        try write("first", to: directory + "/a")
        for name in ["y", "z"] { try write("content", to: directory + "/\(name)") }
        let held = try HeldFile(directory + "/a")
        let running = Task { [settings] in try await transferOne(settings) }
        try await offPool { try held.waitForCaller() }
        try write("more content", to: directory + "/y")
        try FileManager.default.removeItem(atPath: directory + "/z")
        held.release()
        let outcome = try await running.value
        #expect(outcome.exceptionCount == 2, "\(outcome.exceptions)")
        #expect(outcome.exitCode == (accepted.contains(.changed) ? 0 : 23), "\(String(describing: outcome.error))")
        #expect(outcome.isAccepted == accepted.contains(.changed))
    }

    @Test(
        "a file that goes on becoming shorter while it is read: its older content stays, which only a stage pass accepts",
        arguments: PassKind.allCases
    )
    func shrinking(kind: PassKind) async throws {
        let target = try Target()
        let path = target.source("log")
        try Data(knownBytes(24_000_000, seed: 4)).write(to: URL(fileURLWithPath: path))
        try write("older", to: target.target("log"))
        var settings = target.settings
        settings.kind = kind
        // Each of both attempts takes much longer than a moment, although some megabytes are read ahead.
        settings.pass.bandwidthLimit = "8M"
        let end = try shorten(path)
        defer { end.close() }
        let found = try await transferOne(settings)
        #expect(found.exceptions.contains { $0.hasSuffix("\": it became shorter") }, "\(found.exceptions)")
        #expect(
            found.exceptions.contains("target: ERROR: log failed verification -- update discarded."),
            "\(found.exceptions)"
        )
        #expect(found.error?.failure == .partial && !found.isComplete)
        #expect(found.exitCode == (kind == .stage ? 0 : 23))
        #expect(try String(contentsOfFile: target.target("log"), encoding: .utf8) == "older")
    }

    @Test("a file that its device cannot read is a failure of every pass, whatever that accepts")
    func unreadable() async throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 16)
        let path = disk.file("big")
        try Data(knownBytes(6_000_000, seed: 6)).write(to: URL(fileURLWithPath: path))
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        // What the loop device reads behind the end of its image is an error.
        guard syncfs(file) == 0, truncate(disk.path + ".image", 12 << 20) == 0,
            posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0
        else { throw Unexpected("errno \(errno)") }
        for kind in [nil, .stage, .cutover] as [PassKind?] {
            let target = try Target()
            var settings = target.settings
            settings.volumes = ["data=" + disk.path]
            settings.kind = kind
            settings.pass.accept = Set(AcceptedException.allCases)
            let outcome = try await transferOne(settings)
            #expect(outcome.error?.failure == .partial && outcome.exitCode == 23, "\(outcome.exceptions)")
            #expect(
                outcome.exceptions.contains { $0.hasSuffix("/big\": Input/output error (5)") },
                "\(outcome.exceptions)"
            )
            #expect(outcome.exceptions.contains { $0.hasSuffix("ERROR: big failed verification -- update discarded.") })
            #expect(!FileManager.default.fileExists(atPath: target.target("big")))
        }
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
