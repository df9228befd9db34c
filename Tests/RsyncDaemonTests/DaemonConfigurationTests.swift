import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import RsyncDaemon

private func parse(_ text: String) throws -> DaemonConfiguration { try DaemonConfiguration(parsing: Array(text.utf8)) }

private func module(_ lines: String) throws -> ModuleSettings {
    try #require(try parse("[m]\npath = /srv\n" + lines).modules.first)
}

/// A configuration of several files in memory; a directory is a path that others lie below.
private func read(_ files: [String: String], overrides: [String] = []) throws -> DaemonConfiguration {
    let source = ConfigurationFiles { path throws(SystemError) in
        let path = String(decoding: path, as: UTF8.self)
        if let text = files[path] { return .file(Array(text.utf8)) }
        let names = files.keys.filter { $0.hasPrefix(path + "/") }.map { Array($0.dropFirst(path.count + 1).utf8) }
        guard !names.isEmpty else { throw SystemError(operation: "open", number: ENOENT) }
        return .directory(names)
    }
    let overrides = try overrides.map { try #require(DaemonConfiguration.Override(Array($0.utf8))) }
    return try DaemonConfiguration(reading: Array("main".utf8), overrides: overrides, from: source)
}

private func comments(_ configuration: DaemonConfiguration) -> [String] {
    configuration.modules.map {
        String(decoding: $0.name, as: UTF8.self) + ":" + String(decoding: $0.comment.raw, as: UTF8.self)
    }
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
            [  two \t words ]
            PATH=/srv/two
            ReadOnly = YES
            """
        )
        #expect(configuration.globals.port == 8730)
        #expect(configuration.text(\.address) == "127.0.0.1")
        #expect(configuration.text(\.processIDFile) == "/run/x.pid")
        #expect(configuration.text(\.messageFile) == "/etc/motd")
        #expect(configuration.defaults.logFile == "/var/log/x")
        let (one, two) = (configuration.modules[0], configuration.modules[1])
        #expect(one.path == "/srv/one two")
        #expect(one.comment == "the first one")
        #expect(one.isListed && !one.isReadOnly && one.connectionLimit == 3)
        #expect(two.name == Array("two words".utf8))
        #expect(!two.isListed && two.isReadOnly)
    }

    @Test("a module that comes twice keeps its parameters and gets more")
    func twice() throws {
        let text = "comment = d\n[a]\ncomment = one\n[b]\n[global]\ncomment = e\n[a]\nlist = no\n[c]\n"
        let configuration = try parse(text)
        #expect(comments(configuration) == ["a:one", "b:d", "c:e"])
        #expect(configuration.modules[0].isListed == false)
    }

    @Test("an included file has its own defaults, and global parameters follow it")
    func include() throws {
        let configuration = try read([
            "main": "comment = d\n[a]\n&include sub\ncomment = after\n[b]\n",
            "sub": "comment = inc\nport = 1\n[i]\n[j]\ncomment = jj\n",
        ])
        #expect(comments(configuration) == ["a:d", "i:inc", "j:jj", "b:after"])
        #expect(configuration.globals.port == 873)
    }

    @Test("a merged file is read as if it stood there")
    func merge() throws {
        let configuration = try read([
            "main": "comment = d\n[a]\n&merge sub\ncomment = after\n[b]\n",
            "sub": "comment = inc\n[i]\n",
        ])
        #expect(comments(configuration) == ["a:inc", "i:after", "b:d"])
    }

    @Test("of a directory, the files with the directive's ending are read by name")
    func directory() throws {
        let files = [
            "main": "&merge etc\n&include etc\n", "etc/b.conf": "[b]\n", "etc/a.conf": "[a]\n",
            "etc/z.inc": "comment = z\n", "etc/other": "[other]\n",
        ]
        #expect(comments(try read(files)) == ["a:z", "b:z"])
    }

    @Test(
        "files that include themselves or are missing are errors",
        arguments: ["&include main", "&merge main", "&merge none", "&include", "&insert main"]
    )
    func endless(line: String) {
        #expect(throws: DaemonConfigurationError.self) { try read(["main": line]) }
    }

    @Test("the command line replaces global parameters and defaults, but not those of a module")
    func overrides() throws {
        let text = "port = 1\ncomment = d\n[a]\n[b]\ncomment = own\n"
        let configuration = try read(["main": text], overrides: ["rsyncport = 2", "Comment=new"])
        #expect(configuration.globals.port == 2)
        #expect(comments(configuration) == ["a:new", "b:own"])
        #expect(throws: DaemonConfigurationError.self) { try read(["main": text], overrides: ["bogus = 1"]) }
    }

    @Test("variables are replaced where they have a value")
    func variables() {
        let values = ["A": "x", "RSYNC_USER_NAME": "me"]
        func expand(_ text: String) -> String {
            let bytes = VariableText(Array(text.utf8)).expanded { values[$0].map { Array($0.utf8) } }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(expand("/%A%/%RSYNC_USER_NAME%%A%") == "/x/mex")
        #expect(expand("%NONE% 5% %a% %A %% %%A%") == "%NONE% 5% %a% %A %% %x")
    }

    @Test("the usual settings of a module protect it")
    func defaults() throws {
        let settings = try module("")
        #expect(settings.isReadOnly && !settings.isWriteOnly && settings.isListed && settings.isStrict)
        #expect(settings.users.isEmpty)
    }

    @Test(
        "an unsupported or invalid setting is refused with its line number",
        arguments: [
            "insecure links = yes", "read only = maybe", "auth users = @", "auth users = me:rx", "auth users = me",
            "hosts allow = 10.0.0.1/99", "hosts deny = @group", "charset = utf-8", "syslog facility = moon",
            "nonsense", "[bad/name]", "[bad", "[]", "timeout = long", "name converter = /bin/x", " = x",
        ]
    )
    func refusals(line: String) {
        let error = #expect(throws: DaemonConfigurationError.self) { try module(line) }
        #expect((1...3).contains(error?.line ?? 0))
    }

    @Test(
        "a refused parameter may be off",
        arguments: ["insecure links = no", "charset =", "name converter ="]
    )
    func off(line: String) throws {
        #expect(try module(line) == module(""))
    }

    @Test("an invalid port, and a line without end")
    func incomplete() {
        #expect(throws: DaemonConfigurationError.self) { try parse("port = 99999") }
        let long = "comment = " + String(repeating: "x\\\n", count: 70_000)
        #expect(throws: DaemonConfigurationError.self) { try parse(long) }
    }

    @Test("what is ignored is reported: unknown parameters, and global ones in a module")
    func notices() throws {
        let configuration = try parse("[m]\npath = /x\nbogus = 1\nport = 12\nmotd file = /x")
        #expect(configuration.notices.count == 3)
        #expect(configuration.globals.port == 873)
    }

    @Test("the daemon's configuration of a migration's target pod (MTC contract 2.1)")
    func contract() throws {
        let configuration = try parse(
            """
            syslog facility = local7
            read only = no
            list = yes
            log file = /dev/stdout
            max verbosity = 4
            auth users = root
            hosts allow = ::1, 127.0.0.1, localhost
            uid = root
            gid = root
            use chroot = no
            munge symlinks = no
            [0123456789abcdef0123456789abcdef]
                comment = archive for ns/claim
                path = /mnt/ns/0123456789abcdef0123456789abcdef
                list = yes
                read only = false
                auth users = root
                secrets file = /etc/rsync-secret/rsyncd.secrets
            """
        )
        let module = try #require(configuration.modules.first)
        #expect(configuration.notices == [])
        #expect(module.allow.count == 3 && module.users.count == 1)
        #expect(module.usesChroot == false && module.mungesLinks == false && module.largestVerbosity == 4)
        #expect(module.facility == .local7)
    }
}

@Suite("ProxyHeader")
struct ProxyHeaderTests {
    private func client(_ bytes: [UInt8]) throws -> (client: String?, rest: Int) {
        var rest = bytes[...]
        let header = try ProxyHeader { count throws(ProxyHeader.Flaw) in
            guard rest.count >= count else { throw .malformed("end") }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        return (header.client, rest.count)
    }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    @Test(
        "version 1 names an address, and no byte behind it is read",
        arguments: [
            ("PROXY TCP4 10.1.2.3 10.0.0.1 4000 873\r\n", "10.1.2.3"), ("PROXY TCP6 ::1 ::2 4000 873\r\n", "::1"),
            ("PROXY UNKNOWN\r\n", nil), ("PROXY UNKNOWN what ever\r\n", nil),
        ] as [(String, String?)]
    )
    func first(line: String, expected: String?) throws {
        let (found, rest) = try client(Array(line.utf8) + [1, 2, 3])
        #expect(found == expected && rest == 3)
    }

    @Test("version 2 names an address; local connections and other families keep theirs")
    func second() throws {
        let four = Self.signature + [0x21, 0x11, 0, 12, 10, 1, 2, 3, 10, 0, 0, 1, 1, 1, 2, 2]
        let six =
            Self.signature + [0x21, 0x21, 0, 36] + [UInt8](repeating: 0, count: 15) + [1]
            + [UInt8](repeating: 0, count: 20)
        #expect(try client(four + [9]) == ("10.1.2.3", 1))
        #expect(try client(six).client == "0:0:0:0:0:0:0:1")
        #expect(try client(Self.signature + [0x20, 0, 0, 0]).client == nil)
        #expect(try client(Self.signature + [0x21, 0x31, 0, 1, 0]).client == nil)
    }

    @Test(
        "anything else is rejected",
        arguments: [
            Array("@RSYNCD: 31.0\n".utf8), Array("PROXY TCP4 10.1.2.3 10.0.0.1 0 873\r\n".utf8),
            Array("PROXY TCP4 ::1 ::1 1 873\r\n".utf8), Array("PROXY TCP4 10.1.2.3\r\n".utf8),
            Array("PROXY UNKNOWN \(String(repeating: "x", count: 200))\r\n".utf8),
            signature + [0x21, 0x11, 0, 13] + [UInt8](repeating: 0, count: 13), signature + [0x11, 0x11, 0, 0],
            signature + [0x21, 0x11, 1, 0], signature,
        ]
    )
    func malformed(bytes: [UInt8]) {
        #expect(throws: ProxyHeader.Flaw.self) { try client(bytes) }
    }
}
