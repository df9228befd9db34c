import Checksums
import RsyncCommand
import RsyncEngine
import Synchronization
import Testing

@testable import RsyncDaemon

/// A log in memory.
private final class Lines: LineOutput {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func line(_ text: [UInt8]) { lines.withLock { $0.append(String(decoding: text, as: UTF8.self)) } }
}

@Suite("ConfiguredCatalogue")
struct ConfiguredCatalogueTests {
    private let lines = Lines()

    private func catalogue(_ text: String, client: String = "10.0.0.2:9") throws -> ConfiguredCatalogue {
        let configuration = try DaemonConfiguration(parsing: Array(("reverse lookup = no\n" + text).utf8))
        let log = DaemonLog(open: { _ in SilentLines() }, override: lines, fallback: SilentLines())
        return ConfiguredCatalogue(configuration, client: client, log: log)
    }

    private struct SilentLines: LineOutput {
        func line(_ text: [UInt8]) {}
    }

    private func refusal(_ catalogue: ConfiguredCatalogue, _ name: String) -> String? {
        guard case .refused(let text) = catalogue.module(named: Array(name.utf8), for: "") else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("with another root directory, logs are open beforehand whose names no visit changes")
    func heldLogs() throws {
        let text = "log file = /all\n[m]\npath = /\n[n]\npath = /\nlog file = /of.%RSYNC_USER_NAME%"
        let configuration = try DaemonConfiguration(parsing: Array(text.utf8))
        let opened = Mutex<[String]>([])
        let log = DaemonLog(
            open: { path in
                opened.withLock { $0.append(String(decoding: path, as: UTF8.self)) }
                return SilentLines()
            },
            override: nil,
            fallback: SilentLines()
        )
        _ = log.holding(configuration)
        #expect(opened.withLock { $0 } == ["/all"])
    }

    @Test("a hidden module denies access like a missing one")
    func hidden() throws {
        let catalogue = try catalogue("[m]\npath = /\nlist = no\nhosts allow = 10.0.0.1")
        #expect(refusal(catalogue, "m") == "Unknown module 'm'")
        #expect(refusal(catalogue, "n") == "Unknown module 'n'")
        #expect(catalogue.listedModules.isEmpty)
        #expect(
            lines.all == [
                "rsync denied on module m from UNDETERMINED (10.0.0.2)",
                "unknown module 'n' tried from UNDETERMINED (10.0.0.2)",
            ]
        )
    }

    @Test("a listed module says who is denied")
    func denied() throws {
        let catalogue = try catalogue("[m]\npath = /\nhosts deny = *")
        #expect(refusal(catalogue, "m") == "access denied to m from UNDETERMINED (10.0.0.2)")
    }

    @Test("a wrong password, an unknown user and a weak digest are told apart in the log alone")
    func login() throws {
        let catalogue = try catalogue("[m]\npath = /\nauth users = me\nsecrets file = /none\nauth digest = sha256")
        guard case .module(let module) = catalogue.module(named: Array("m".utf8), for: "") else {
            Issue.record("the module was refused")
            return
        }
        #expect(module.digests?.map(\.name) == ["sha512", "sha256"])
        let proof = try #require(module.proof)
        #expect(proof(Array("you".utf8), [], .md5).isEmpty)
        module.visit?.rejectLogin()
        #expect(proof(Array("me".utf8), [], .md5).isEmpty)
        module.visit?.rejectLogin()
        let head = "auth failed on module m from UNDETERMINED (10.0.0.2) for"
        #expect(
            lines.all.suffix(2) == [
                "\(head) you: no matching rule",
                "\(head) me: no secrets file: /none: No such file or directory",
            ]
        )
    }
}
