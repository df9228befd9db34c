import AgentTestSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TransferAgent

/// Secrets and certificates whose files are replaced while an agent runs.
@Suite("Renewal of secrets", .timeLimit(.minutes(10)))
struct RenewalTests {
    /// A directory of files as Kubernetes mounts it: links through `..data`, which is replaced in one step.
    private final class Mount: Sendable {
        let path: String
        private let version = Mutex(0)

        init(_ path: String) throws {
            self.path = path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        func file(_ name: String) -> String { path + "/" + name }

        func fill(_ files: [String: String]) throws {
            let number = version.withLock { version in
                version += 1
                return version
            }
            let (folder, former) = ("..\(number)", file("..\(number - 1)"))
            try FileManager.default.createDirectory(atPath: file(folder), withIntermediateDirectories: true)
            for (name, text) in files {
                try write(text, to: file("\(folder)/\(name)"), mode: 0o400)
                if number == 1 {
                    try FileManager.default.createSymbolicLink(
                        atPath: file(name),
                        withDestinationPath: "..data/\(name)"
                    )
                }
            }
            try FileManager.default.createSymbolicLink(atPath: file("..new"), withDestinationPath: folder)
            #expect(rename(file("..new"), file("..data")) == 0)
            try? FileManager.default.removeItem(atPath: former)
        }
    }

    @Test("a value is made again when a link leads to other files, and stays when they are of no use")
    func value() throws {
        let directory = try TemporaryDirectory()
        let mount = try Mount(directory.file("mount"))
        try mount.fill(["word": "one"])
        let made = Mutex(0)
        let backed = try FileBacked([mount.file("word"), nil]) { () throws(AgentError) in
            made.withLock { $0 += 1 }
            let text = try? String(contentsOfFile: mount.file("word"), encoding: .utf8)
            guard let text, text != "bad" else { throw AgentError(.badSecretFile, "bad", exitCode: 1) }
            return text
        }
        guard case .unchanged = backed.renew() else { throw Unexpected() }
        try mount.fill(["word": "two"])
        #expect(backed.value == "one")
        guard case .renewed = backed.renew(), case .unchanged = backed.renew() else { throw Unexpected() }
        #expect(backed.value == "two")
        try mount.fill(["word": "bad"])
        guard case .failed(_, isNew: true) = backed.renew(), case .failed(_, isNew: false) = backed.renew() else {
            throw Unexpected()
        }
        #expect(backed.value == "two" && made.withLock { $0 } == 3)
        try mount.fill(["word": "three"])
        guard case .renewed = backed.renew() else { throw Unexpected() }
        #expect(backed.value == "three")
        #expect(unlink(mount.file("word")) == 0)
        guard case .failed(_, isNew: true) = backed.renew() else { throw Unexpected() }
    }

    private struct Unexpected: Error {}

    @Test(
        "the next connection of a confined target uses new files, and the former ones when the new ones are of no use"
    )
    func target() throws {
        let agents = try AgentPrograms(size: 1000)
        let directory = agents.directory
        let mount = try Mount(directory.file("mount"))
        func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
        let (first, second) = (try CertificateAuthority(), try CertificateAuthority(name: "Second"))
        func files(_ authority: CertificateAuthority, _ password: String) throws -> [String: String] {
            let leaf = try authority.issue("localhost", alternativeNames: "IP:127.0.0.1")
            return [
                "tls.crt": try text(leaf.certificate), "tls.key": try text(leaf.key), "users": "root:\(password)\n",
            ]
        }
        let good = try files(first, "secret")
        try mount.fill(good)
        let target = try AgentPrograms.start(
            [
                try BuiltProgram.path("dvm-target"), "serve", "--listen", "127.0.0.1:0", "--credentials",
                mount.file("users"),
            ]
                + ["--certificate", mount.file("tls.crt"), "--private-key", mount.file("tls.key")]
                + ["--volume", "v=" + directory.file("target")]
        )
        defer { target.stop() }
        let port = try AgentPrograms.port(of: target)
        func source(_ authority: CertificateAuthority) throws -> (code: Int32, output: String) {
            let source = try AgentPrograms.start(
                [try BuiltProgram.path("dvm-source"), "transfer", "--volume", "v=" + directory.file("source")]
                    + ["--target", "127.0.0.1:\(port)", "--ca", authority.files.certificate, "--attempts", "1"]
                    + ["--password-file", directory.file("password"), "--progress", "none"]
            )
            return (try source.waitForExit(), source.output)
        }
        #expect(try source(first).code == 0)
        try mount.fill(try files(second, "another"))
        #expect(try source(first).output.contains("DVM-1202"))
        #expect(try source(second).output.contains("DVM-2001"))
        try write("another\n", to: directory.file("password"))
        #expect(try source(second).code == 0)
        try target.waitForOutput("were read again, since their files have changed")
        var mixed = try files(second, "third")
        mixed["tls.key"] = good["tls.key"]
        try mount.fill(mixed)
        #expect(try source(second).code == 0)
        try target.waitForOutput("the former secrets and certificates stay in use")
        #expect(target.output.contains("DVM-1212"), "\(target.output)")
    }

    @Test("--strict-secrets of both agents, as a flag and as a variable")
    func strict() throws {
        let agents = try AgentPrograms(size: 1000)
        #expect(chmod(agents.directory.file("credentials"), 0o644) == 0)
        #expect(chmod(agents.directory.file("password"), 0o440) == 0)
        let (target, port) = try agents.target()
        defer { target.stop() }
        #expect(target.output.contains("credentials: other users can read it"))
        for line in [try agents.targetLine(), try agents.sourceLine(to: port)] {
            for strict in [line + ["--strict-secrets"], ["/usr/bin/env", "DVM_STRICT_SECRETS=true"] + line] {
                let agent = try AgentPrograms.start(strict)
                #expect(try agent.waitForExit() == 1)
                #expect(agent.output.contains("DVM-5002"), "\(agent.output)")
            }
        }
        let source = try agents.source(to: port)
        #expect(try source.waitForExit() == 0)
        #expect(source.output.contains("password: its group can read it"))
    }
}
