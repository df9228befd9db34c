import Foundation
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@testable import RsyncEngine

private func parse(_ text: String) throws -> DaemonConfiguration { try DaemonConfiguration(parsing: Array(text.utf8)) }

private func module(_ lines: String) throws -> ModuleSettings {
    try #require(try parse("[m]\npath = /srv\n" + lines).modules.first)
}

@Suite("DaemonConfiguration")
struct DaemonConfigurationTests {
    @Test("globals, defaults for the modules after them, and modules")
    func whole() throws {
        let configuration = try parse(
            """
            # a comment
            port = 8730
            address = 127.0.0.1
            pid file = /run/x.pid
            motd file = /etc/motd
            log file = /var/log/x
            read only = no
            [one]
              path = /srv/one two
              comment = the first \\
            one
              max connections = 3
            [global]
            list = no
            ; another comment
            [two]
            PATH=/srv/two
            ReadOnly = YES
            """
        )
        #expect(configuration.port == 8730)
        #expect(configuration.address == "127.0.0.1")
        #expect(configuration.pidFile == Array("/run/x.pid".utf8))
        #expect(configuration.messageFile == Array("/etc/motd".utf8))
        #expect(configuration.logFile == Array("/var/log/x".utf8))
        let (one, two) = (configuration.modules[0], configuration.modules[1])
        #expect(one.path == Array("/srv/one two".utf8))
        #expect(one.comment == Array("the first one".utf8))
        #expect(one.isListed && !one.isReadOnly && one.connectionLimit == 3)
        #expect(two.name == Array("two".utf8))
        #expect(!two.isListed && two.isReadOnly)
    }

    @Test("the usual settings of a module protect it")
    func defaults() throws {
        let settings = try module("")
        #expect(settings.isReadOnly && !settings.isWriteOnly && settings.isListed && settings.isStrict)
        #expect(settings.authentication == nil)
    }

    @Test("ids of the process are accepted")
    func ownIdentity() throws {
        let own = "uid = \(geteuid())\ngid = \(getegid())"
        let names = geteuid() == 0 ? ["uid = root\ngid = root"] : []
        for line in [own] + names {
            #expect(try parse("[m]\npath = /x\n\(line)").notices == [])
            #expect(throws: DaemonConfigurationError.self) { try module(line.replacing(/= \w+/, with: "= 1234567")) }
        }
    }

    @Test(
        "an unsupported setting is refused with its line number",
        arguments: [
            "munge symlinks = yes", "uid = nobody", "gid = 65534", "exclude = *.bak", "pre-xfer exec = /bin/true",
            "fake super = yes", "read only = maybe", "auth users = @wheel", "auth users = me",
            "hosts allow = *.example",
            "refuse options = a*", "nonsense", "path = relative", "&include /etc", "[bad/name]", "timeout = long",
            "comment = %HOME% sweet", "proxy protocol = yes", "temp dir = /tmp",
        ]
    )
    func refusals(line: String) {
        let error = #expect(throws: DaemonConfigurationError.self) { try module(line) }
        #expect((1...3).contains(error?.line ?? 0))
    }

    @Test("a module without a path, and an invalid port")
    func incomplete() {
        #expect(throws: DaemonConfigurationError.self) { try parse("[m]\ncomment = x") }
        #expect(throws: DaemonConfigurationError.self) { try parse("port = 99999") }
    }

    @Test("a setting without effect is reported")
    func notices() throws {
        let configuration = try parse(
            "[m]\npath = /x\nuse chroot = yes\ntransfer logging = yes\nbogus = 1\nmunge symlinks = no"
        )
        #expect(configuration.notices.count == 3)
    }

    @Test("users with their rights; the first rule of a user counts")
    func users() throws {
        let folder = try TemporaryDirectory()
        let file = folder.path + "/secrets"
        try Data("# x\nme:se:cret\nyou:other\nme:second\nempty:\n".utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let settings = try module("auth users = me:rw, you:ro bad:deny empty me:deny\nsecrets file = \(file)")
        let table = try #require(settings.authentication)
        #expect(table.password(of: Array("me".utf8)) == Array("se:cret".utf8))
        #expect(table.access(of: Array("you".utf8)) == .ro)
        #expect(table.password(of: Array("bad".utf8)) == nil)
        #expect(table.password(of: Array("nobody".utf8)) == nil)
        #expect(table.password(of: Array("empty".utf8)) == nil)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        #expect(table.password(of: Array("me".utf8)) == nil)
        let lax = try module("auth users = me\nstrict modes = no\nsecrets file = \(file)")
        #expect(try #require(lax.authentication).password(of: Array("me".utf8)) != nil)
    }
}

@Suite("HostRule")
struct HostRuleTests {
    private func admits(_ address: String, allow: [String] = [], deny: [String] = []) -> Bool {
        HostRule.admits(
            HostRule.address(address),
            allow: allow.compactMap { HostRule($0) },
            deny: deny.compactMap { HostRule($0) }
        )
    }

    @Test(
        "addresses and ranges",
        arguments: [
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("10.1.2.3", "10.1.0.0/16", true),
            ("10.2.2.3", "10.1.0.0/16", false), ("10.1.2.3", "10.1.2.0/255.255.255.0", true),
            ("10.1.3.3", "10.1.2.0/255.255.254.0", true), ("::1", "::1", true), ("fe80::1", "fe80::/10", true),
            ("2001:db8::1", "fe80::/10", false), ("::ffff:10.1.2.3", "10.1.2.3", true),
            ("127.0.0.1", "localhost", true),
            ("::1", "localhost", true), ("127.0.0.2", "localhost", false), ("10.1.2.3", "0.0.0.0/0", true),
            ("::1", "0.0.0.0/0", false), ("::1", "*", true),
        ]
    )
    func ranges(address: String, rule: String, expected: Bool) throws {
        let rule = try #require(HostRule(rule))
        #expect(rule.matches(try #require(HostRule.address(address))) == expected)
    }

    @Test("allow decides first, then deny; with allow alone all others are out")
    func order() {
        #expect(admits("10.0.0.1"))
        #expect(admits("10.0.0.1", allow: ["10.0.0.1"], deny: ["*"]))
        #expect(!admits("10.0.0.2", allow: ["10.0.0.1"], deny: ["*"]))
        #expect(!admits("10.0.0.2", allow: ["10.0.0.1"]))
        #expect(admits("10.0.0.2", allow: ["10.0.0.1"], deny: ["10.0.0.3"]))
        #expect(!admits("10.0.0.3", deny: ["10.0.0.0/24"]))
        #expect(!admits("a pipe", deny: ["10.0.0.0/24"]))
    }

    @Test(
        "what is not an address is not taken for one",
        arguments: ["host", "10.0.0", "10.0.0.1/33", "10.0.0.0/255.0.255.0", "x/8"]
    )
    func flaws(text: String) {
        #expect(HostRule(text) == nil)
    }
}

@Suite("ConfiguredCatalogue")
struct ConfiguredCatalogueTests {
    @Test("a module accepts its number of connections, and again after they end")
    func connections() throws {
        let folder = try TemporaryDirectory()
        let catalogue = ConfiguredCatalogue(try parse("[m]\npath = \(folder.path)\nmax connections = 1"))
        func enter() -> ConnectionSlot? {
            guard case .module(let module) = catalogue.module(named: Array("m".utf8), for: "10.0.0.1:9") else {
                return nil
            }
            return module.slots?.take()
        }
        var first = enter()
        #expect(first != nil)
        #expect(enter() == nil)
        withExtendedLifetime(first) {}
        first = nil
        #expect(enter() != nil)
    }

    @Test("a hidden module denies access like a missing one")
    func hidden() throws {
        let catalogue = ConfiguredCatalogue(try parse("[m]\npath = /\nlist = no\nhosts allow = 10.0.0.1"))
        guard case .refused(let text) = catalogue.module(named: Array("m".utf8), for: "10.0.0.2:9"),
            case .refused(let other) = catalogue.module(named: Array("n".utf8), for: "10.0.0.2:9")
        else {
            Issue.record("the module was given out")
            return
        }
        #expect(text == Array("Unknown module 'm'".utf8))
        #expect(other == Array("Unknown module 'n'".utf8))
        #expect(catalogue.listedModules.isEmpty)
    }
}
