import RsyncCommand
import SecureTunnel
import Testing
import Transport

@testable import RsyncProgram

/// What the environment says about the connection to a daemon.
@Suite("DaemonConnector")
struct DaemonConnectorTests {
    @Test(
        "the command of RSYNC_CONNECT_PROG names the host",
        arguments: [
            ("ssh proxy nc %H 873", "h.example", "ssh proxy nc h.example 873"),
            ("x %% %Z %H%H%", "::1", "x % %Z ::1::1%"),
        ]
    )
    func expansion(command: String, host: String, expected: String) throws {
        #expect(try DaemonConnector.expand(command, host: host) == expected)
    }

    @Test("a host that a shell would interpret is refused", arguments: ["a;b", "a b", "$(x)", "-x", "a'b", "a\nb"])
    func unsafeHost(host: String) {
        #expect(throws: CommandError.self) { try DaemonConnector.expand("nc %H", host: host) }
    }

    @Test(
        "a proxy has a host and a port, and perhaps a user and a password, which may have any characters",
        arguments: [("p:3128", "p", 3128, nil, nil), ("u:a@b:c%@[::1]:80", "::1", 80, "u", "a@b:c%")]
            as [(String, String, UInt16, String?, String?)]
    )
    func proxy(text: String, host: String, port: UInt16, user: String?, password: String?) throws {
        let (address, credentials) = try DaemonConnector.parse(proxy: text)
        #expect(address.host == host && address.port == port && credentials?.user == user)
        #expect(
            credentials?.password.withBytes { bytes in bytes.indices.map { bytes[$0] } }
                == password.map { Array($0.utf8) }
        )
    }

    @Test("a proxy of another form is refused", arguments: ["p", "p:", "p:x", ":99", "u@p:80", "http://p:80"])
    func invalidProxy(text: String) {
        #expect(throws: CommandError.self) { try DaemonConnector.parse(proxy: text) }
    }
}
