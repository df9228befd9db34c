import AgentTestSupport
import Foundation
import TestSupport
import Testing

@testable import TransferAgent

/// `--run-as`: agents that are started as root and become somebody else.
@Suite("ProcessIdentity", .timeLimit(.minutes(10)))
struct IdentityTests {
    @Test(
        "UID and UID:GID are numbers, and the user is not root",
        arguments: [
            ("1000", "1000 nil"), ("1000:0", "1000 0"), ("0", nil), ("0:5", nil), ("me", nil), ("1000:", nil),
            ("", nil),
            ("1:2:3", nil), ("-1", nil), ("4294967295", nil), ("1000:4294967294", "1000 4294967294"),
        ]
    )
    func parsing(text: String, expected: String?) {
        let parsed = try? ProcessIdentity.parse(text)
        #expect(parsed.map { "\($0.0 ?? 0) \($0.1.map(String.init) ?? "nil")" } == expected)
    }

    /// What the kernel says of each thread of a process.
    private static func threads(of process: ChildProcess) throws -> [String] {
        let folder = "/proc/\(process.processIdentifier)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).map {
            try String(contentsOfFile: "\(folder)/\($0)/status", encoding: .utf8)
        }
    }

    @Test(
        "both agents read keys of root and open a port of root first, then move files as another user without capabilities",
        .enabled(if: geteuid() == 0, "needs root")
    )
    func both() throws {
        let agents = try AgentPrograms(size: 100_000)
        let directory = agents.directory
        // Nobody else listens there.
        let address = "127.\(Int.random(in: 2...250)).\(Int.random(in: 2...250)).7"
        #expect(chmod(directory.path, 0o755) == 0 && chmod(directory.file("source/big"), 0o640) == 0)
        #expect(chown(directory.file("source/big"), 0, 5555) == 0 && chown(directory.file("target"), 0, 5555) == 0)
        #expect(chmod(directory.file("target"), 0o2770) == 0)
        let options = ["--run-as", "1234:2345", "--supplemental-groups", "5555"]
        let targetLine = try agents.targetLine(options).map { $0 == "127.0.0.1:0" ? "\(address):873" : $0 }
        let target = try AgentPrograms.start(targetLine)
        defer { target.stop() }
        try target.waitForOutput("(TLS)\n")
        #expect(target.output.contains("running as user 1234, group 2345, groups 5555; no capabilities"))
        for thread in try Self.threads(of: target) {
            for line in ["Uid:\t1234\t1234\t1234\t1234\n", "Gid:\t2345\t2345\t2345\t2345\n", "Groups:\t2345 5555 \n"] {
                #expect(thread.contains(line), "\(thread)")
            }
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(thread.contains("\(set):\t0000000000000000\n"), "\(thread)")
            }
            #expect(thread.contains("NoNewPrivs:\t1\n"))
        }
        let hook = "id -u; echo groups=$(id -G); touch \(directory.file("made"))"
        let sourceLine = try agents.sourceLine(
            to: "873",
            options + ["--server-name", "localhost", "--before", hook, "--control", directory.file("socket")]
        )
        // The record of the test: only that user may make the file and the socket.
        #expect(chown(directory.path, 1234, 0) == 0)
        let source = try AgentPrograms.start(sourceLine.map { $0 == "127.0.0.1:873" ? "\(address):873" : $0 })
        defer { source.stop() }
        // What the target's user cannot keep, owners and the group of the source, is an exception.
        #expect(try [0, 23].contains(source.waitForExit()), "\(source.output)")
        #expect(source.output.contains("--before: 1234\n") && source.output.contains("--before: groups=2345 5555\n"))
        var status = stat()
        #expect(stat(directory.file("made"), &status) == 0 && status.st_uid == 1234)
        #expect(agents.isComplete)
        #expect(stat(directory.file("target/big"), &status) == 0 && status.st_uid == 1234)
    }

    @Test(
        "who is not root is told that runAsUser does it, and may be that user already",
        .enabled(if: geteuid() == 0, "only root becomes another user")
    )
    func notRoot() throws {
        let agents = try AgentPrograms(size: 10)
        let program = agents.directory.file("dvm-source")
        try FileManager.default.copyItem(atPath: try BuiltProgram.path("dvm-source"), toPath: program)
        #expect(chmod(agents.directory.path, 0o755) == 0)
        for (user, isRefused) in [("1234", true), ("65534:1", true), ("65534", false), ("65534:65534", false)] {
            let child = try ChildProcess(
                "/usr/bin/setpriv",
                ["--reuid", "65534", "--regid", "65534", "--clear-groups", program, "transfer", "--run-as", user]
                    + ["--volume", "v=" + agents.directory.file("source"), "--attempts", "1"]
                    + ["--target", "127.0.0.1:1", "--insecure"]
            )
            #expect(try child.waitForExit() == (isRefused ? 1 : 10), "\(user): \(child.output)")
            #expect(child.output.contains("DVM-5006: --run-as: this process is user 65534") == isRefused)
            #expect(child.output.contains("runAsUser") == isRefused)
        }
    }

    @Test("root without SETUID and SETGID is told so", .enabled(if: geteuid() == 0, "needs root"))
    func rootWithoutRights() throws {
        let agents = try AgentPrograms(size: 10)
        let line = try agents.sourceLine(to: "1", ["--run-as", "1234"])
        let child = try ChildProcess(
            "/usr/bin/setpriv",
            ["--bounding-set", "-setuid,-setgid", "--inh-caps", "-all"] + line
        )
        #expect(try child.waitForExit() == 1)
        #expect(child.output.contains("DVM-5006: --run-as: this process cannot become user 1234"), "\(child.output)")
        #expect(child.output.contains("it lacks the capabilities SETUID, SETGID"))
    }
}
