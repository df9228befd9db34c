import AgentTestSupport
import Foundation
import SecureTunnel
import TestSupport
import Testing
import Transport

@testable import TransferAgent

/// What can be found in the memory of another process.
private struct ProcessMemory {
    private let regions: [(start: UInt64, count: Int)]
    private let memory: FileHandle

    /// Finds the regions that the process can write.
    init(of process: Int32) throws {
        memory = try #require(FileHandle(forReadingAtPath: "/proc/\(process)/mem"))
        // To its end: the kernel gives one page at a time.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/\(process)/maps"))
        let maps = try file.readToEnd() ?? Data()
        #expect(maps.range(of: Data("[stack]".utf8)) != nil)
        regions = String(decoding: maps, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard words[1].hasPrefix("rw"), ends.count == 2 else { return nil }
            return (ends[0], Int(ends[1] - ends[0]))
        }
    }

    /// How often a text stands somewhere.
    func count(of text: String) -> Int {
        let wanted = Data(text.utf8)
        var found = 0
        for region in regions {
            let step = 1 << 22
            // A piece reaches into the next, for what stands across the border.
            for offset in stride(from: 0, to: region.count, by: step) {
                var piece = Data(count: min(step + wanted.count - 1, region.count - offset))
                let length = piece.withUnsafeMutableBytes { bytes in
                    pread(memory.fileDescriptor, bytes.baseAddress, bytes.count, off_t(region.start) + off_t(offset))
                }
                guard length > 0 else { continue }
                piece.removeSubrange(length...)
                var rest = piece[...]
                while let range = rest.range(of: wanted) {
                    found += 1
                    rest = rest[range.upperBound...]
                }
            }
        }
        return found
    }
}

@Suite("Secrets", .serialized, .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "needs root"))
struct SecretTests {
    private static let password = "Xq7-the-daemons-password"
    private static let proxyPassword = "Zv9-the-proxys-password"
    private static let key = "Kw3-a-pre-shared-key-of-the-tunnel"

    /// How the source learns the password.
    enum Way: String, CaseIterable, Sendable {
        case file, environment
    }

    /// A target and a source in the middle of a transfer.
    private final class Movers {
        let directory: TemporaryDirectory
        let target: ChildProcess
        let source: ChildProcess

        init(_ way: Way) throws {
            directory = try TemporaryDirectory()
            for name in ["source", "target"] {
                try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
            }
            try write("root:\(SecretTests.password)\n", to: directory.file("credentials"))
            try write("\(SecretTests.password)\nanother line\n", to: directory.file("password"))
            try write("me:\(SecretTests.key)\n", to: directory.file("keys"))
            try Data(knownBytes(4_000_000, seed: 5)).write(to: URL(fileURLWithPath: directory.file("source/big")))
            target = try ChildProcess(
                try BuiltProgram.path("dvm-target"),
                ["serve", "--listen", "127.0.0.1:0", "--psk-file", directory.file("keys")]
                    + ["--volume", "v=" + directory.file("target"), "--credentials", directory.file("credentials")]
            )
            try target.waitForOutput("(TLS)\n")
            let announced = target.output.split(separator: "\n").first { $0.hasPrefix("listening on 127.0.0.1:") }
            let port = try #require(announced).dropFirst("listening on 127.0.0.1:".count).prefix { $0 != " " }
            let arguments =
                [try BuiltProgram.path("dvm-source"), "transfer", "--volume", "v=" + directory.file("source")]
                + ["--target", "127.0.0.1:\(port)", "--psk-file", directory.file("keys")]
                + ["--bwlimit", "500K", "--progress", "lines"]
            switch way {
            case .file:
                source = try ChildProcess("/usr/bin/env", arguments + ["--password-file", directory.file("password")])
            case .environment:
                source = try ChildProcess("/usr/bin/env", ["DVM_PASSWORD=\(SecretTests.password)"] + arguments)
            }
            try source.waitForOutput("% ")
        }

        deinit {
            source.stop()
            target.stop()
        }
    }

    @Test("a running agent holds its password once, and shows it nowhere", arguments: Way.allCases)
    func passwords(way: Way) throws {
        let movers = try Movers(way)
        for agent in [movers.source, movers.target] {
            let memory = try ProcessMemory(of: agent.processIdentifier)
            #expect(memory.count(of: Self.password) == 1)
            for name in ["cmdline", "environ"] {
                let shown = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(agent.processIdentifier)/\(name)"))
                #expect(shown.range(of: Data(Self.password.utf8)) == nil)
            }
        }
        kill(movers.source.processIdentifier, SIGTERM)
        try movers.source.waitForExit()
        kill(movers.target.processIdentifier, SIGTERM)
        try movers.target.waitForExit()
        for output in [movers.source.output, movers.target.output] {
            #expect(!output.contains(Self.password) && !output.contains(Self.key))
        }
        withExtendedLifetime(movers) {}
    }

    @Test("a pre-shared key is held by the agent and by OpenSSL's session, and by nobody else")
    func keys() throws {
        let movers = try Movers(.file)
        for agent in [movers.source, movers.target] {
            let memory = try ProcessMemory(of: agent.processIdentifier)
            #expect(memory.count(of: Self.key) == 1)
            #expect(memory.count(of: "me:" + Self.key) == 0)
        }
        withExtendedLifetime(movers) {}
    }

    @Test("a proxy's password is held once after it was shown to the proxy")
    func proxyPassword() throws {
        let directory = try TemporaryDirectory()
        let server = try ScriptedServer { proxy in
            _ = try proxy.read(through: "\r\n\r\n")
            try proxy.write("HTTP/1.1 200 Established\r\n\r\n")
            while try !proxy.read(upTo: 4096).isEmpty {}
        }
        try write(Self.proxyPassword + "\n", to: directory.file("password"))
        let source = try ChildProcess(
            try BuiltProgram.path("dvm-source"),
            ["doctor", "--volume", "v=" + directory.path, "--target", "target.invalid:443", "--insecure"]
                + ["--proxy", "http://mover@\(server.address)", "--proxy-password-file", directory.file("password")]
        )
        defer { source.stop() }
        try source.waitForOutput("ok       proxy")
        let memory = try ProcessMemory(of: source.processIdentifier)
        #expect(memory.count(of: Self.proxyPassword) == 1)
        let shown = Data("mover:\(Self.proxyPassword)".utf8).base64EncodedString()
        #expect(memory.count(of: shown) == 0)
        #expect(!source.output.contains(Self.proxyPassword))
    }

    @Test("a password in the URL of a proxy causes a warning, one in a file does not")
    func exposedPassword() throws {
        let directory = try TemporaryDirectory()
        try write(Self.proxyPassword + "\n", to: directory.file("password"))
        var settings = TransferSettings(
            volumes: ["v=/tmp"],
            target: "localhost:1",
            trust: .pin(String(repeating: "ab", count: 32))
        )
        settings.proxy = "http://mover:word@localhost:3128"
        let warnings = try SourceJob(settings).warnings
        #expect(warnings.count == 1 && warnings[0].contains("--proxy-password-file"))
        settings.proxy = "http://mover@localhost:3128"
        settings.proxyPasswordFile = directory.file("password")
        #expect(try SourceJob(settings).warnings.isEmpty)
    }
}
