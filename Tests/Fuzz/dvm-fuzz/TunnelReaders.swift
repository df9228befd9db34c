@testable import SecureTunnel
@testable import StunnelCommand
import Transport

private let longestWait = Duration.seconds(20)

/// Requests a tunnel; what follows the head of the reply must be left to the tunnel.
func examineProxyReply(_ bytes: [UInt8]) {
    let stream = ScriptedStream(bytes)
    let target = HostPort(host: "target.example", port: 6443)
    let credentials = ProxyURL.Credentials(user: "user", password: "open sesame")
    do throws(SecureTunnelError) {
        try connectThroughProxy(stream, target: target, credentials: credentials, within: longestWait)
        let head = bytes[..<stream.offset]
        demand(!stream.isClosed, "a tunnel that was granted is open")
        demand(head.count <= ProxyReply.limit, "the head of a reply is bounded")
        demand(head.starts(with: "HTTP/1.".utf8) && head.last == UInt8(ascii: "\n"), "the head alone is read")
    } catch {
        demand(stream.isClosed, "a tunnel that was refused is closed")
        demand(!"\(error)".contains("open sesame"), "no error shows the password")
    }
}

/// Reads a proxy's URL.
func examineProxyURL(_ text: String) {
    guard let url = try? ProxyURL(parsing: text) else { return }
    demand(!url.host.isEmpty, "a proxy has a host")
    demand(url.port != 0, "a proxy's port is not 0")
    guard let credentials = url.credentials else {
        demand((try? ProxyURL(parsing: url.description)) == url, "a description reads as the same proxy: \(url)")
        return
    }
    demand(!credentials.user.isEmpty || credentials.password.count > 0, "credentials are not empty")
    demand(!credentials.user.contains(":"), "a user holds no colon")
    demand(
        url.description.utf8.starts(with: "http://\(credentials.user):***@".utf8),
        "a description hides the password"
    )
}

/// Reads a list, and asks it for the host of the second line and for each item.
func examineBypassList(_ text: String) {
    let lines = text.split(separator: "\n", maxSplits: 1)
    guard let first = lines.first, let list = try? BypassList(parsing: String(first)) else { return }
    let asked = lines.count > 1 ? String(lines[1]) : "y.com"
    for host in [asked, "10.0.0.7", "fd00::1", "x.y.com."] {
        let isListed = list.contains(HostPort(host: host, port: 443))
        if first.split(separator: ",").contains("*") { demand(isListed, "a star lists every host") }
    }
}

/// Reads a configuration; whatever it is, an error names a line that exists.
func examineStunnelConfiguration(_ bytes: [UInt8]) {
    do throws(StunnelConfigurationError) {
        let configuration = try StunnelConfiguration(parsing: bytes, file: "stunnel.conf")
        demand(!configuration.services.isEmpty, "a configuration has services")
        for service in configuration.services {
            demand(!service.name.isEmpty && service.fault == nil, "a service has a name and no fault")
        }
    } catch {
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        if let line = error.line { demand((1...lines).contains(line), "a fault's line exists") }
        demand(!error.description.isEmpty, "a fault has words")
    }
}

/// Reads keys, and finds each by its identity.
func examinePreSharedKeys(_ bytes: [UInt8]) {
    guard let keys = try? PreSharedKeys(lines: bytes.span) else { return }
    demand(keys.count > 0, "a file of keys has one")
    for entry in keys.entries.prefix(8) {
        let found = keys.entry(for: entry.identity.span)
        demand(found?.identity == entry.identity, "a key is found by its identity")
        demand((16...512).contains(entry.key.count), "a key is of a length that OpenSSL takes")
    }
    demand(keys.entry(for: [0].span) == nil, "an identity that is not there is not found")
}
