import Testing

@testable import RsyncProgram

/// The address of a daemon's client that a remote shell or stunnel names, as rsync 3.5.0 shows it.
@Suite("ShellPeer")
struct ShellPeerTests {
    @Test(
        "the first variable that is set names the client",
        arguments: [
            ([:], "0.0.0.0"),
            (["REMOTE_HOST": "10.1.2.3", "SSH_CONNECTION": "10.4.5.6 1 10.7.8.9 22"], "10.1.2.3"),
            (["SSH_CONNECTION": "10.4.5.6 1 10.7.8.9 22", "SSH_CLIENT": "10.1.1.1 1 22"], "10.4.5.6"),
            (["SSH_CLIENT": "::1 1 22", "SSH2_CLIENT": "10.1.1.1 1 22"], "::1"),
            (["SSH2_CLIENT": "10.1.1.1 1 22"], "10.1.1.1"),
        ] as [([String: String], String)]
    )
    func variables(environment: [String: String], expected: String) {
        #expect(ShellPeer.address(in: environment) == expected)
    }

    @Test(
        "what is not an address names no client",
        arguments: ["", "garbage", "10.1.2.3.4", "host.example", " 10.1.2.3"]
    )
    func invalid(value: String) {
        #expect(ShellPeer.address(in: ["REMOTE_HOST": value, "SSH_CLIENT": "10.1.1.1 1 22"]) == ShellPeer.unnamed)
    }
}
