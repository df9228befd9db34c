import AgentTestSupport
import Foundation
import TestSupport
import Testing

/// Agents that try, once confined, what a mistake in a session would let others do (`DVM_TEST_ESCAPE`).
@Suite("Sandbox", .serialized, .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "needs root"))
struct SandboxTests {
    /// A place for a volume, secrets, and things that belong to others.
    private struct Place {
        let directory: TemporaryDirectory
        let attempts: [String]

        init() throws {
            directory = try TemporaryDirectory()
            for name in ["volumes/data", "secrets", "others"] {
                try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
            }
            try write("root:password\n", to: directory.file("secrets/credentials"))
            try write("me:a-pre-shared-key-of-the-tunnel\n", to: directory.file("secrets/keys"))
            try write("password\n", to: directory.file("secrets/password"))
            for name in ["volumes/data/file", "others/file"] { try write("text", to: directory.file(name)) }
            let (volume, others) = (directory.file("volumes/data"), directory.file("others"))
            attempts = [
                "read:/etc/shadow", "read:\(others)/file", "write:\(others)/new", "link:\(others)/file:\(volume)/link",
                "remove:\(others)/file", "run:/bin/true", "write:\(directory.file("secrets"))/keys",
            ]
        }

        /// Runs a target whose escape is done.
        func target(_ more: [String] = [], attempts: [String], user: String? = nil) throws -> ChildProcess {
            var arguments = ["DVM_TEST_ESCAPE=" + attempts.joined(separator: " ")]
            if let user { arguments += ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"] }
            arguments += [try BuiltProgram.path("dvm-target"), "serve", "--listen", "127.0.0.1:0"]
            arguments += ["--psk-file", directory.file("secrets/keys")]
            arguments += ["--credentials", directory.file("secrets/credentials")]
            arguments += ["--volume", "v=" + directory.file("volumes/data")]
            let target = try ChildProcess("/usr/bin/env", arguments + more)
            try target.waitForOutput("(TLS)\n")
            return target
        }

        func source(_ more: [String], to target: ChildProcess, attempts: [String]) throws -> ChildProcess {
            let announced = target.output.split(separator: "\n").first { $0.hasPrefix("listening on 127.0.0.1:") }
            let port = try #require(announced).dropFirst("listening on 127.0.0.1:".count).prefix { $0 != " " }
            var arguments = ["DVM_TEST_ESCAPE=" + attempts.joined(separator: " "), try BuiltProgram.path("dvm-source")]
            arguments += ["transfer", "--volume", "v=" + directory.file("others"), "--target", "127.0.0.1:\(port)"]
            arguments += ["--psk-file", directory.file("secrets/keys")]
            arguments += ["--password-file", directory.file("secrets/password"), "--progress", "none"]
            return try ChildProcess("/usr/bin/env", arguments + more)
        }
    }

    @Test("a target can reach only its volumes, and read its secrets")
    func target() throws {
        let place = try Place()
        let volume = place.directory.file("volumes/data")
        let mayDo = [
            "read:\(volume)/file", "write:\(volume)/new", "rename:\(volume)/new:\(volume)/newer",
            "read:\(place.directory.file("secrets"))/keys", "read:/etc/passwd",
        ]
        let target = try place.target(attempts: place.attempts + mayDo)
        defer { target.stop() }
        for attempt in mayDo { try target.waitForOutput("escape \(attempt): done\n") }
        for attempt in place.attempts {
            #expect(target.output.contains("escape \(attempt): "))
            #expect(!target.output.contains("escape \(attempt): done"), "\(target.output)")
        }
        #expect(target.output.contains("confined to its volumes by Landlock"))
        #expect(target.output.contains("all of \(place.directory.file("volumes")) stays writable"))
    }

    @Test("--no-sandbox leaves a target all rights of its user, and its log says so")
    func unconfined() throws {
        let place = try Place()
        let target = try place.target(["--no-sandbox"], attempts: [])
        defer { target.stop() }
        #expect(target.output.contains("not confined: --no-sandbox"))
        let status = try String(contentsOfFile: "/proc/\(target.processIdentifier)/status", encoding: .utf8)
        #expect(status.contains("NoNewPrivs:\t0"))
    }

    @Test("a source reads its volumes and changes nothing, and both still move files")
    func source() throws {
        let place = try Place()
        let target = try place.target(attempts: [])
        defer { target.stop() }
        let others = place.directory.file("others")
        let mustNot = [
            "read:/etc/shadow", "read:\(place.directory.file("volumes/data"))/file", "write:\(others)/new",
            "remove:\(others)/file", "run:/bin/true",
        ]
        let source = try place.source([], to: target, attempts: mustNot + ["read:\(others)/file"])
        defer { source.stop() }
        try source.waitForOutput("escape read:\(others)/file: done\n")
        for attempt in mustNot {
            #expect(source.output.contains("escape \(attempt): Permission denied"), "\(source.output)")
        }
        try source.waitForExit()
        let arrived = try FileManager.default.contentsOfDirectory(atPath: place.directory.file("volumes/data"))
        #expect(arrived == ["file"])
    }

    @Test("a volume whose directory was removed and created again is still the target's to write")
    func madeAnew() throws {
        let place = try Place()
        let volume = place.directory.file("volumes/data")
        let steps = ["remove:\(volume)/file", "empty:\(volume)", "make:\(volume)", "write:\(volume)/new"]
        let target = try place.target(attempts: steps)
        defer { target.stop() }
        for step in steps { try target.waitForOutput("escape \(step): done\n") }
    }

    @Test("only the superuser can read an agent's memory, and it leaves no core dump")
    func notDumpable() throws {
        let place = try Place()
        for name in ["", "volumes", "volumes/data", "volumes/data/file", "secrets/keys", "secrets/credentials"] {
            #expect(chown(name.isEmpty ? place.directory.path : place.directory.file(name), 65534, 65534) == 0)
        }
        let target = try place.target(attempts: [], user: "65534")
        defer { target.stop() }
        var status = stat()
        // The files of a process that may be dumped belong to its user.
        #expect(stat("/proc/\(target.processIdentifier)/environ", &status) == 0)
        #expect(status.st_uid == 0)
    }
}
