import SecureTunnel
import TestSupport
import Testing
import Transport

@testable import StunnelCommand

/// A sound section of four lines.
private let section = """
    [a]
    accept = 6443
    connect = 2222
    cert = /c.pem

    """

@Suite("StunnelConfiguration")
struct StunnelConfigurationTests {
    private func read(_ text: String) throws(StunnelConfigurationError) -> StunnelConfiguration {
        try StunnelConfiguration(parsing: Array(text.utf8), file: "t.conf")
    }

    private func fault(_ text: String) -> String? {
        do throws(StunnelConfigurationError) {
            _ = try read(text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "takes time linear in the length: a mebibyte of one key, or of services",
        .timeLimit(.minutes(10)),
        arguments: ["checkHost = h\n", "socket = l:TCP_NODELAY=1\n", "[s]\naccept = h%:1\nconnect = 1\nclient = yes\n"]
    )
    func longest(piece: String) throws {
        let text = (0..<((1 << 20) / piece.utf8.count - 8)).map {
            piece.split(separator: "%").joined(separator: "\($0)")
        }
        let head = piece.hasPrefix("[") ? "" : section
        let start = ContinuousClock.now
        _ = try? StunnelConfiguration(parsing: Array((head + text.joined()).utf8), file: "t.conf")
        #expect(ContinuousClock.now - start < .seconds(20), "what is copied again at each line takes minutes")
    }

    @Test("accepts the syntax that stunnel accepts: capitals, blanks, comments, a byte order mark, carriage returns")
    func form() throws {
        let text =
            "\u{FEFF}; comment\n # another\r\nFOREGROUND = Yes\r\nPid=\n\t\n  [ a ]  \nACCEPT=:::8000\n"
            + "Connect = ::1:9\nCERT=/c ; not a comment.pem\n  tiMEOUTidle   =   7   "
        let configuration = try read(text)
        #expect(configuration.foreground == .yes)
        #expect(configuration.processFile == nil)
        let service = try #require(configuration.services.first)
        #expect(service.name == "a")
        #expect(service.accept == .network(HostPort(host: "::", port: 8000)))
        #expect(service.connect == [.network(HostPort(host: "::1", port: 9))])
        #expect(service.certificateFile == "/c ; not a comment.pem")
        #expect(service.idleSeconds == 7)
    }

    @Test("has the defaults of stunnel")
    func defaults() throws {
        let configuration = try read(section)
        #expect(configuration.foreground == .no)
        #expect(configuration.usesSyslog)
        #expect(configuration.logLevel == .notice)
        let service = try #require(configuration.services.first)
        #expect(!service.isClient)
        #expect(service.accept == .network(HostPort(host: "", port: 6443)))
        #expect(service.connect == [.network(HostPort(host: "localhost", port: 2222))])
        #expect(
            [service.busySeconds, service.closeSeconds, service.connectSeconds, service.idleSeconds] == [
                300, 60, 10, 43_200,
            ]
        )
        #expect(service.minimumVersion == .tls12 && service.maximumVersion == .tls13)
    }

    @Test("keys of services before the first one hold for all; the last value counts, lists grow")
    func scopes() throws {
        let configuration = try read(
            "client = yes\ndebug = local5.info\nsocket = l:TCP_NODELAY=1\nTIMEOUTclose = 1\n[a]\naccept = 1\nconnect = 2\nconnect = h:3\n"
                + "TIMEOUTclose = 5\ndebug = 7\nsocket = r:SO_LINGER=1:60\n[b]\naccept = 4\nconnect = /run/s\n"
        )
        let (a, b) = (configuration.services[0], configuration.services[1])
        #expect(a.isClient && b.isClient)
        #expect(a.closeSeconds == 5 && b.closeSeconds == 1)
        #expect(a.logLevel == .debug && b.logLevel == .info && configuration.logLevel == .info)
        #expect(configuration.facility == 21 << 3)
        #expect(a.connect.map(\.description) == ["localhost:2", "h:3"])
        #expect(b.connect == [.path("/run/s")])
        #expect(a.socketOptions.count == 2 && b.socketOptions.count == 1)
        #expect(a.socketOptions[1].option.value == [1, 0, 0, 0, 60, 0, 0, 0])
    }

    @Test(
        "names the line, the key and what is allowed",
        arguments: [
            ("foo = bar\n", "t.conf:5: \"foo\" is not a key that dvm-stunnel supports"),
            ("TIMEOUTidle\n", "t.conf:5: neither \"key = value\" nor \"[service]\""),
            ("timeoutidle = x\n", "t.conf:5: \"TIMEOUTidle = x\" is not allowed: a number of seconds, 0 to 2147483647"),
            ("TIMEOUTbusy = -1\n", "a number of seconds"), ("TIMEOUTbusy = 5 ; five\n", "\"TIMEOUTbusy = 5 ; five\""),
            ("client = maybe\n", "yes or no"), ("verify = 5\n", "a level from 0 to 4"),
            ("output = /x\n", "\"output\" is only allowed before the first [service]"),
            ("sslVersion = SSLv3\n", "all, TLSv1.2 or TLSv1.3"),
            ("sslVersionMax = TLSv1.1\n", "all, TLSv1.2 or TLSv1.3"),
            ("options = FOO\n", "an OpenSSL option"), ("options = IGNORE_UNEXPECTED_EOF\n", "does not weaken"),
            ("socket = l:so_keepalive=1\n", "a|l|r:OPTION=VALUE"), ("socket = x:TCP_NODELAY=1\n", "a|l|r:OPTION=VALUE"),
            ("socket = l:TCP_NODELAY\n", "a|l|r:OPTION=VALUE"), ("socket = l:TCP_NODELAY=x\n", "a|l|r:OPTION=VALUE"),
            ("debug = loud\n", "a level from 0 to 7"), ("debug = daemon.8\n", "a level from 0 to 7"),
            ("protocol = smtp\n", "only \"connect\" is supported"), ("connect = localhost\n", "[host:]port"),
            ("connect = h:0\n", "[host:]port"), ("accept = h:99999\n", "[host:]port"),
            ("key =\n", "the path of a PEM file"),
            ("checkIP = foo\n", "a numeric IP address"), ("protocolHost = h\n", "host:port"), ("[]\n", "needs a name"),
            ("exec = bin\n", "the absolute path"),
            ("CRLfile = /r.pem\n", "\"CRLfile\" is not supported: dvm-stunnel does not check for revoked"),
            ("crlPATH = /r\n", "\"crlPATH\" is not supported: dvm-stunnel does not check for revoked"),
            ("OCSP = http://h/\n", "does not check for revoked certificates"),
        ]
    )
    func faults(line: String, expected: String) throws {
        let text = section + line
        let found = try #require(fault(text))
        #expect(found.hasPrefix("t.conf:5: ") && found.contains(expected), "\(found)")
    }

    @Test(
        "refuses sections that do not fit together",
        arguments: [
            ("[a]\naccept = 1\ncert = c\n", "two of"), ("[a]\naccept = 1\nconnect = 2\n", "\"cert\" or \"PSKsecrets\""),
            ("[a]\nconnect = 2\n", "two of"), ("[a]\naccept = 1\nconnect = 2\nexec = /x\ncert = c\n", "two of"),
            (section + "verify = 2\n", "need \"CAfile\" or \"CApath\""),
            (section + "verifyChain = yes\n", "\"CAfile\""),
            (section + "checkHost = h\n", "need \"verifyChain\""),
            (section + "sni = h\n", "\"sni\" on a server"),
            ("[b]\nsni = a:*.host\nconnect = 3\ncert = c\n", "each service its own \"accept\""),
            ("[a]\naccept = /run/s\nconnect = 2\ncert = c\n", "\"accept\" on the path of a socket is not supported"),
            ("[a]\nclient = yes\naccept = /run/s\nexec = /x\n", "path of a socket is not supported: use a port"),

            (section + "sslVersionMin = TLSv1.3\nsslVersionMax = TLSv1.2\n", "newer than the maximum"),
            (section + "protocol = connect\nprotocolHost = h:1\n", "only for clients"),
            ("[a]\nclient = yes\naccept = 1\nconnect = 2\nprotocol = connect\n", "needs \"protocolHost\""),
            ("[a]\nclient = yes\naccept = 1\nconnect = 2\nprotocolHost = h:1\n", "need \"protocol = connect\""),
            ("[a]\nclient = yes\naccept = 1\nconnect = 2\nPSKidentity = x\n", "needs \"PSKsecrets\""),
            (section + section, "already accepts connections on the same address"),
            ("foreground = yes\n", "defines no [service]"),
            ("", "no [service]"),
        ]
    )
    func misfits(text: String, expected: String) throws {
        let found = try #require(fault(text))
        #expect(found.contains(expected), "\(found)")
    }

    @Test("never quotes a password and refuses what is not text")
    func secrets() throws {
        let text = "[a]\nclient = yes\naccept = 1\nconnect = p:3128\nprotocol = connect\nprotocolHost = h:443\n"
        let configuration = try read(text + "protocolUsername = u\nprotocolPassword = a:b!:\"%\n")
        #expect(configuration.services[0].proxy.password == "a:b!:\"%")
        #expect(configuration.services[0].calledHost == "h")
        let found = try #require(fault(text + "protocolPassword = secret\n"))
        #expect(!found.contains("secret") && found.contains("protocolUsername"))
        let bytes = Array(text.utf8) + [0x70, 0xFF, 0x0A]
        #expect(throws: StunnelConfigurationError(file: "t", line: 7, reason: "the line is not UTF-8 text")) {
            _ = try StunnelConfiguration(parsing: bytes, file: "t")
        }
    }

    @Test("accepts the files of MTC, pvc-transfer and VolSync", arguments: MoverFiles.all)
    func movers(file: MoverFiles) throws {
        let configuration = try read(file.text(in: "/d", port: 6443, target: "target.example:443"))
        #expect(configuration.services.count == 1)
        #expect(configuration.services[0].isClient == file.isClient)
    }
}
