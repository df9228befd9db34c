import AgentTestSupport
import Foundation
import TestSupport
import Testing

/// Both agents as programs with a volume `v` each, ready to be started.
struct AgentPrograms {
    let directory: TemporaryDirectory
    private let authority: CertificateAuthority
    private let leaf: CertificateFiles

    /// Makes the volumes; the source's has one file, `big`.
    ///
    /// - Parameter size: The length of the file in bytes.
    /// - Throws: When a file cannot be made.
    init(size: Int = 8_000_000) throws {
        directory = try TemporaryDirectory()
        authority = try CertificateAuthority()
        leaf = try authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
        for name in ["source", "target"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        try write("root:secret\n", to: directory.file("credentials"))
        try write("secret\n", to: directory.file("password"))
        try Data(knownBytes(size, seed: 5)).write(to: URL(fileURLWithPath: directory.file("source/big")))
    }

    /// The command line of a target, the program first.
    func targetLine(_ options: [String] = []) throws -> [String] {
        [try BuiltProgram.path("dvm-target"), "serve", "--listen", "127.0.0.1:0"]
            + ["--certificate", leaf.certificate, "--private-key", leaf.key]
            + ["--volume", "v=" + directory.file("target"), "--credentials", directory.file("credentials")] + options
    }

    /// The command line of a source that transfers, or serves, the program first.
    func sourceLine(_ command: String = "transfer", to port: String, _ options: [String] = []) throws -> [String] {
        [try BuiltProgram.path("dvm-source"), command, "--volume", "v=" + directory.file("source")]
            + ["--target", "127.0.0.1:\(port)", "--ca", authority.files.certificate]
            + ["--password-file", directory.file("password"), "--progress", "lines", "--attempts", "1"] + options
    }

    /// Starts a target and waits until it listens.
    func target(_ options: [String] = []) throws -> (program: ChildProcess, port: String) {
        let program = try Self.start(try targetLine(options))
        return (program, try Self.port(of: program))
    }

    /// Starts a source.
    func source(to port: String, _ options: [String] = []) throws -> ChildProcess {
        try Self.start(try sourceLine(to: port, options))
    }

    /// Starts a command line.
    static func start(_ line: [String]) throws -> ChildProcess { try ChildProcess(line[0], Array(line.dropFirst())) }

    /// The port that a target has announced.
    static func port(of target: ChildProcess) throws -> String {
        let start = "listening on 127.0.0.1:"
        try target.waitForOutput("(TLS)\n")
        let line = try #require(target.output.split(separator: "\n").first { $0.hasPrefix(start) })
        return String(line.dropFirst(start.count).prefix { $0 != " " })
    }

    /// Whether the target's file has the source's content.
    var isComplete: Bool {
        FileManager.default.contentsEqual(atPath: directory.file("source/big"), andPath: directory.file("target/big"))
    }
}
