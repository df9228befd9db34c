import AgentTestSupport
import Foundation
import TestSupport
import Testing
import TransferAgent

/// What `dvm-source` opened and called in one pass, by strace(1).
private struct TracedPass {
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    /// How often the source volume's root was opened by its path.
    let rootOpens: Int
    /// How many TCP connections were made.
    let connections: Int
    let output: String

    init(to target: Target) throws {
        let directory = try TemporaryDirectory()
        try write("secret\n", to: directory.file("password"))
        let root = target.directory.file("source")
        let child = try ChildProcess(
            "/usr/bin/strace",
            ["-f", "-qq", "-s", "4096", "-e", "trace=open,openat,openat2,connect", "-o", directory.file("trace")]
                + [try BuiltProgram.path("dvm-source"), "transfer", "--no-sandbox", "--volume", "data=" + root]
                + ["--target", target.settings.target, "--ca", target.authority.files.certificate]
                + ["--password-file", directory.file("password"), "--progress", "lines"]
        )
        let code = try child.waitForExit()
        output = child.output
        guard code == 0 else { throw Unexpected("exit code \(code): \(output)") }
        let lines = try String(contentsOfFile: directory.file("trace"), encoding: .utf8).split(separator: "\n")
        rootOpens = lines.count { $0.contains("\"\(root)\"") }
        connections = lines.count { $0.contains("connect(") && $0.contains("htons(\(target.service.port))") }
    }
}

@Suite(
    "One pass",
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: TracedPass.isPossible, "strace is not installed")
)
struct PassTests {
    @Test("the source is opened once, and one connection carries the check and the session")
    func usual() throws {
        let target = try Target()
        try write("hello", to: target.source("file"))
        let pass = try TracedPass(to: target)
        #expect(pass.output.contains("checked: "))
        #expect(pass.rootOpens == 1)
        #expect(pass.connections == 1)
    }

    @Test(
        "a survey of what differs examines the same root, and takes one connection more",
        .enabled(if: isPrivileged, "only root mounts")
    )
    func surveyed() async throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 32)
        let target = try Target(volume: disk.path)
        try writeNoise(18 * mebibyte, to: target.source("big"))
        #expect(try await transferOne(target.settings).exitCode == 0)
        try write("new", to: target.source("new"))
        let pass = try await offPool { try TracedPass(to: target) }
        #expect(pass.rootOpens == 1)
        #expect(pass.connections == 2)
    }
}
