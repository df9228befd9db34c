import AgentTestSupport
import Checksums
import Foundation
import Logging
import RsyncEngine
import SecureTunnel
import TestSupport
import Testing
import Transport

@testable import TransferAgent

extension DispatchSemaphore {
    /// Blocks the thread, which a task should not do.
    fileprivate func block() { wait() }
}

@Suite("Transfer end to end", .timeLimit(.minutes(10)))
struct EndToEndTests {
    @Test("a volume is transferred, changes, and is transferred again")
    func twice() async throws {
        let target = try Target()
        let content = knownBytes(300_000, seed: 7)
        try Data(content).write(to: URL(fileURLWithPath: target.source("big")))
        try write("hello", to: target.source("small"), mode: 0o640)
        try write("other", to: target.target("extra"))
        try FileManager.default.createSymbolicLink(atPath: target.source("link"), withDestinationPath: "/etc/passwd")
        for name in ["source", "target"] {
            let found = target.directory.file(name + "/lost+found")
            try FileManager.default.createDirectory(atPath: found, withIntermediateDirectories: true)
        }
        try write("kept", to: target.target("lost+found/#1"))

        let first = try await transfer(target.settings)
        #expect(first.map(\.exitCode) == [0])
        #expect(first[0].error == nil)
        #expect(first[0].statistics.transferredFiles == 2)
        #expect(first[0].statistics.literalData == 300_005)
        #expect(try Data(contentsOf: URL(fileURLWithPath: target.target("big"))) == Data(content))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: target.target("link")) == "/etc/passwd")
        #expect(!FileManager.default.fileExists(atPath: target.target("extra")))
        #expect(FileManager.default.fileExists(atPath: target.target("lost+found/#1")))

        try write("hello, world", to: target.source("small"))
        let second = try await transfer(target.settings)
        #expect(second.map(\.exitCode) == [0])
        #expect(second[0].statistics.transferredFiles == 1)
        #expect(try String(contentsOfFile: target.target("small"), encoding: .utf8) == "hello, world")

        let log = try target.finish()
        #expect(log.count == 2)
        #expect(log.first?.contains("user root, volume data: received 2 files") == true)
        #expect(log.allSatisfy { $0.hasSuffix("exit code 0") })
    }

    @Test("progress reaches the whole volume, whatever part of it was up to date")
    func progress() async throws {
        let target = try Target()
        for index in 0..<20 {
            let directory = target.source("directory \(index)")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for name in 0..<20 { try write("file \(name)", to: directory + "/\(name)") }
        }
        try FileManager.default.createSymbolicLink(atPath: target.source("link"), withDestinationPath: "somewhere")
        for changed in [400, 0, 1] {
            if changed == 1 { try write("changed", to: target.source("directory 7/3")) }
            let progress = TransferProgress()
            let job = try SourceJob(target.settings)
            let stream = try dial(
                HostPort(host: "127.0.0.1", port: try #require(target.service.plainPort)),
                within: .seconds(10)
            )
            let session = ClientSession(
                stream: stream,
                options: job.volumes[0].options,
                observer: SilentObserver(),
                progress: progress
            )
            let source = try SourceRoot.contents(of: target.directory.file("source"))
            let login = ClientSession.Login(user: "root") { Array("secret".utf8) }
            let result = session.run(module: Array("data".utf8), .push([source], to: []), login: login)
            #expect(result.exitCode == 0)
            let reading = ProgressReading(volume: "data", progress)
            #expect(reading.filesTransferred == changed)
            #expect(reading.isListComplete)
            #expect(reading.bytesListed > 2000)
            #expect(reading.bytesDone == reading.bytesListed)
            #expect(reading.entriesDone == reading.entriesListed)
            #expect((reading.bytesMoved == 0) == (changed == 0))
        }
    }

    @Test("extra entries at the target stay with --no-delete")
    func keep() async throws {
        let target = try Target()
        try write("other", to: target.target("extra"))
        var settings = target.settings
        settings.pass.delete = false
        #expect(try await transfer(settings).worstExitCode == 0)
        #expect(FileManager.default.fileExists(atPath: target.target("extra")))
    }

    @Test("each compressor transfers the same bytes", arguments: ["zstd", "lz4", "zlibx", "zlib", "none", "auto"])
    func compressed(choice: String) async throws {
        let target = try Target()
        let content = String(repeating: "compressible line\n", count: 20_000)
        try write(content, to: target.source("text"))
        var settings = target.settings
        settings.pass.compress = choice
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.exitCode == 0)
        #expect(try String(contentsOfFile: target.target("text"), encoding: .utf8) == content)
        #expect((outcome.statistics.bytesSent < 50_000) == (choice != "none"))
    }

    @Test("a wrong password is refused")
    func wrongPassword() async throws {
        let target = try Target()
        var settings = target.settings
        settings.environmentPassword = SecretBytes("wrong")
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .loginRefused)
        #expect(outcome.exitCode == 5)
        #expect(try target.finish().first?.contains("refused: auth failed") == true)
    }

    @Test("a missing password is reported before anything is sent")
    func noPassword() async throws {
        let target = try Target()
        var settings = target.settings
        settings.environmentPassword = nil
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .passwordMissing)
        #expect(outcome.exitCode == 5)
    }

    @Test("an unknown volume is refused, and the next volume follows")
    func unknownVolume() async throws {
        let target = try Target()
        var settings = target.settings
        settings.volumes.insert("nope=" + target.directory.file("source"), at: 0)
        let outcomes = try await transfer(settings)
        #expect(outcomes.map(\.error?.failure) == [.unknownVolume, nil])
        #expect(outcomes.worstExitCode == 5)
    }

    @Test("a missing source is reported with its path")
    func noSource() async throws {
        let target = try Target()
        var settings = target.settings
        settings.volumes = ["data=/nonexistent"]
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .sourceUnreadable)
        #expect(outcome.error?.observed.contains("/nonexistent") == true)
        #expect(outcome.exitCode == 3)
    }

    @Test("a target with another CA is not trusted, and gets nothing")
    func wrongAuthority() async throws {
        let target = try Target()
        var settings = target.settings
        let another = try CertificateAuthority(name: "Another")
        defer { withExtendedLifetime(another) {} }
        settings.trust = .authorities(another.files.certificate)
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .unknownAuthority)
        #expect(outcome.exitCode == 10)
        #expect(try target.finish().first?.contains("unknown CA") == true)
    }

    @Test("a wrong name is not trusted")
    func wrongName() async throws {
        let target = try Target()
        var settings = target.settings
        settings.serverName = "elsewhere.example"
        #expect(try await transfer(settings).first?.error?.failure == .wrongName)
    }

    @Test("a wrong pin is not trusted; without verification any certificate is")
    func pin() async throws {
        let target = try Target()
        var settings = target.settings
        settings.trust = .pin(String(repeating: "00", count: 32))
        #expect(try await transfer(settings).first?.error?.failure == .pinMismatch)
        settings.trust = .insecure
        #expect(try await transfer(settings).worstExitCode == 0)
    }

    @Test("the plain port is not taken for a TLS one")
    func plainPort() async throws {
        let target = try Target()
        var settings = target.settings
        settings.target = "127.0.0.1:\(try #require(target.service.plainPort))"
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .notTLS)
        #expect(outcome.error?.observed.contains("plain rsync") == true)
    }

    @Test(
        "a proxy forwards a transfer when it knows the user, and only then",
        .enabled(if: ProxyProcess.Program.tinyproxy.isInstalled, "tinyproxy is not installed")
    )
    func proxy() async throws {
        let target = try Target()
        let proxy = try ProxyProcess(.tinyproxy, connectPorts: [target.service.port])
        defer { proxy.process.stop() }
        var settings = target.settings
        settings.proxy = "http://mover:wrong@127.0.0.1:\(proxy.port)"
        let refused = try #require(try await transfer(settings).first)
        #expect(refused.error?.failure == .proxyLoginRefused)
        #expect(refused.exitCode == 10)
        settings.proxy = "http://mover:s3cret@127.0.0.1:\(proxy.port)"
        #expect(try await transfer(settings).worstExitCode == 0)
        // A wrong proxy does no harm to a target that needs none.
        settings.proxy = "http://127.0.0.1:\(freePort())"
        settings.noProxy = "10.0.0.0/8,127.0.0.0/8"
        #expect(try await transfer(settings).worstExitCode == 0)
    }

    @Test("a port that nobody listens on is refused")
    func refused() async throws {
        let target = try Target()
        var settings = target.settings
        settings.target = "127.0.0.1:\(freePort())"
        #expect(try await transfer(settings).first?.error?.failure == .connectionRefused)
    }

    /// A session of a client that has logged in and says no more.
    private func idleSession(at target: Target) throws -> SocketStream {
        let port = try #require(target.service.plainPort)
        let stream = try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10))
        func line(_ text: String = "") throws -> String {
            if !text.isEmpty { try stream.write(Array((text + "\n").utf8)) }
            var line: [UInt8] = []
            while line.last != 10 {
                let next = try stream.read(upTo: 1)
                try #require(!next.isEmpty, "the target hung up")
                line += next
            }
            return String(decoding: line.dropLast(), as: UTF8.self)
        }
        _ = try line()
        let challenge = try #require(try line("@RSYNCD: 31.0 sha512\ndata").split(separator: " ").last)
        let proof = SecretBytes("secret").proof(Array(challenge.utf8), .sha512)
        #expect(try line("root " + String(decoding: proof, as: UTF8.self)) == "@RSYNCD: OK")
        return stream
    }

    private func hasEnded(_ session: SocketStream) -> Bool {
        session.readTimeout = .milliseconds(100)
        while let bytes = try? session.read(upTo: 1024) { if bytes.isEmpty { return true } }
        return false
    }

    @Test("a client above the session limit is told to try again, and gets in later")
    func busy() async throws {
        let target = try Target(sessionLimit: 1)
        // What has not logged in is no session.
        let address = HostPort(host: "127.0.0.1", port: target.service.port)
        let idle = try (0..<3).map { _ in try dial(address, within: .seconds(10)) }
        var session = try idleSession(at: target)
        var outcome = try #require(try await transfer(target.settings).first)
        // A session that says nothing is ended after a minute, which a busy machine can take to begin a transfer.
        while outcome.error == nil, hasEnded(session) {
            session = try idleSession(at: target)
            outcome = try #require(try await transfer(target.settings).first)
        }
        #expect(outcome.error?.failure == .targetBusy)
        #expect(outcome.exitCode == 5)
        session.close()
        // The session is over when its end is seen; the suite's time limit bounds the wait.
        while try await transfer(target.settings).worstExitCode != 0 { try await Task.sleep(for: .milliseconds(10)) }
        for stream in idle { stream.close() }
    }

    /// Regression: accepting began only when the pool had a free thread, while clients' patience ran.
    @Test("a client is taken while the Swift concurrency pool is busy")
    func busyPool() throws {
        let end = DispatchSemaphore(value: 0)
        let count = ProcessInfo.processInfo.activeProcessorCount + 1
        for _ in 0..<count { Task { end.block() } }
        defer { for _ in 0..<count { end.signal() } }
        let target = try Target()
        let port = try #require(target.service.plainPort)
        let stream = try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10))
        stream.readTimeout = .seconds(10)
        #expect(String(decoding: try stream.read(upTo: 8), as: UTF8.self) == "@RSYNCD:")
    }

    @Test("a full target volume is reported as such, and no temporary file is left", .enabled(if: geteuid() == 0))
    func fullVolume() async throws {
        let disk = try TemporaryDirectory()
        try ChildProcess.run("/bin/mount", ["-t", "tmpfs", "-o", "size=1M", "none", disk.path])
        defer { _ = try? ChildProcess.run("/bin/umount", ["-l", disk.path]) }
        let target = try Target(volume: disk.path)
        try Data(knownBytes(3_000_000, seed: 9)).write(to: URL(fileURLWithPath: target.source("big")))
        var settings = target.settings
        settings.pass.check = .none
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == .outOfSpace)
        #expect(outcome.error?.observed.contains("needs 3000000 bytes") == true)
        #expect(outcome.error?.observed.contains("1951424 bytes short") == true)
        #expect(outcome.exitCode == 11)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
    }

    @Test("cancellation ends a transfer soon, with exit code 20, and leaves the old file")
    func cancelled() async throws {
        let target = try Target()
        // A minute's worth, however long this test waits for its turn on the Swift pool.
        try write("new", to: target.source("big"))
        truncate(target.source("big"), 64_000_000)
        try write("old", to: target.target("big"))
        var settings = target.settings
        settings.pass.bandwidthLimit = "1M"
        let job = try SourceJob(settings)
        let output = Memory()
        let errors = Logger.agent("dvm-source", output: Memory())
        let run = TransferRun(job, display: ProgressDisplay(style: .json, output: output, log: errors))
        let task = Task { await run.run() }
        // A progress object of a transfer whose first bytes have moved.
        func isMoving() -> Bool {
            output.lines.contains { $0.contains("bytesMoved") && !$0.contains("\"bytesMoved\":0,") }
        }
        while !isMoving() { try await Task.sleep(for: .milliseconds(20)) }
        let start = ContinuousClock.now
        task.cancel()
        let outcome = try #require(await task.value.first)
        // The last word is written by the transfer's own thread.
        #expect(output.lastWrite - start < .seconds(3))
        #expect(outcome.exitCode == 20)
        #expect(outcome.error?.failure == .cancelled)
        let log = try target.finish()
        #expect(log.first?.contains("exit code") == true)
        #expect(log.first?.hasSuffix("exit code 0") == false)
    }
}
