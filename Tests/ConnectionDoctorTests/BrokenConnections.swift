import AgentTestSupport
import Foundation
import TestSupport
import Testing
import TransferAgent
import Transport

@testable import ConnectionDoctor

/// A connection to a target with one fault.
struct BrokenConnection: Sendable, CustomTestStringConvertible {
    /// The code that it must give.
    let failure: FailureClass
    /// The check that must fail in the doctor.
    let check: ConnectionCheck
    /// What is wrong.
    let title: String
    /// Whether only the doctor looks for it.
    var isForDoctor = false
    /// Breaks the connection: changes the settings and returns what must live as long as the test.
    let build: @Sendable (ConnectionParts) throws -> [any Sendable]

    var testDescription: String { "\(failure.code): \(title)" }
}

/// What a broken connection is made of: a target that works, and settings that reach it.
final class ConnectionParts {
    let target: Target
    var settings: TransferSettings
    let directory: TemporaryDirectory

    init() throws {
        target = try Target()
        directory = try TemporaryDirectory()
        settings = target.settings
        settings.stepLimit = .seconds(10)
    }

    var authority: CertificateAuthority { target.authority }

    /// A certificate that works.
    func leaf() throws -> CertificateFiles { try authority.issue("localhost", alternativeNames: "IP:127.0.0.1") }

    /// Turns the settings to an address where nothing of the test's is.
    func go(to address: String) -> [any Sendable] {
        settings.target = address
        return []
    }

    /// Puts a proxy on the way that is not the test's own.
    func goThroughProxy(at address: String) -> [any Sendable] {
        settings.proxy = address
        return []
    }

    /// Turns the settings to a server that the test scripts.
    func go(to server: ScriptedServer) -> [any Sendable] {
        settings.target = server.address
        return [server]
    }

    /// A proxy that answers CONNECT with a text.
    func goThroughProxy(saying reply: String) throws -> [any Sendable] {
        let server = try ScriptedServer { stream in
            _ = try stream.read(through: "\r\n\r\n")
            try stream.write(reply)
            try stream.closeWrite()
            while try !stream.read(upTo: 100).isEmpty {}
        }
        settings.proxy = "http://" + server.address
        return [server]
    }

    /// A TLS server behind which a daemon reports something.
    func goToDaemon(
        saying greeting: String,
        then answer: String? = nil
    ) throws -> [any Sendable] {
        go(
            to: try ScriptedServer(tls: try leaf()) { stream in
                try stream.write(greeting)
                guard let answer else { return }
                _ = try stream.read(through: "\n")
                _ = try stream.read(through: "\n")
                try stream.write(answer)
            }
        )
    }

    /// A server that answers a client's hello with raw bytes.
    func goToServer(answeringHelloWith bytes: [UInt8]) throws -> [any Sendable] {
        go(
            to: try ScriptedServer { stream in
                _ = try stream.read(upTo: 4096)
                try stream.write(bytes)
                try stream.closeWrite()
                while try !stream.read(upTo: 4096).isEmpty {}
            }
        )
    }

    /// The `openssl s_server` command.
    func goToOpenSSL(_ arguments: [String]) throws -> [any Sendable] {
        let files = try leaf()
        let port = freePort()
        let server = try ChildProcess(
            "/usr/bin/openssl",
            ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", files.certificate, "-key", files.key, "-quiet"]
                + arguments
        )
        guard waitForPort(port) else { throw Unexpected("openssl s_server does not listen") }
        settings.target = "127.0.0.1:\(port)"
        return [server, files]
    }

    /// A stock proxy that knows the user `mover`.
    func goThroughSquid(user: String?, to target: String? = nil) throws -> [any Sendable] {
        let proxy = try ProxyProcess(.squid, connectPorts: [])
        settings.proxy = "http://" + (user.map { $0 + "@" } ?? "") + "127.0.0.1:\(proxy.port)"
        if let target { settings.target = target }
        return [proxy]
    }

    /// A stock daemon's module.
    func goToStock(module: String) throws -> [any Sendable] {
        let stock = try StockTarget(showing: try leaf())
        settings.target = "127.0.0.1:\(stock.tunnel.port)"
        settings.volumes = ["\(module)=" + target.directory.file("source")]
        return [stock]
    }
}
