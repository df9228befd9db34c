import Transport

/// An address to listen on or connect to, in the syntax of stunnel's `accept` and `connect`.
enum RelayAddress: Hashable, Sendable, CustomStringConvertible {
    /// A host and a port; an empty host means all addresses of this machine, both IPv4 and IPv6.
    case network(HostPort)
    /// A socket in the file system.
    case path(String)

    /// Reads `port`, `host:port`, `::1:port`, `[::1]:port` or `/path`.
    ///
    /// It is split at the last colon, so that an IPv6 address needs no brackets, as in stunnel.
    ///
    /// - Parameters:
    ///   - text: The value of the key.
    ///   - host: The host of a port alone: empty for `accept`, `localhost` for `connect`. The result is nil when the
    ///     text is anything else, a port is not from 1 to 65535, or a path is longer than 107 bytes.
    init?(parsing text: String, withoutHost host: String) {
        if text.hasPrefix("/") {
            guard text.utf8.count <= 107 else { return nil }
            self = .path(text)
            return
        }
        let colon = text.lastIndex(of: ":")
        let portText = colon.map { String(text[text.index(after: $0)...]) } ?? text
        guard let port = HostPort.port(from: portText), port != 0 else { return nil }
        var name = colon.map { String(text[..<$0]) } ?? host
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        let isHost = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("[]/@".utf8).contains($0) }
        guard isHost, colon == nil || !name.isEmpty else { return nil }
        self = .network(HostPort(host: name, port: port))
    }

    /// The usual form, such as `[::1]:6443`, `:6443` or `/run/socket`.
    var description: String {
        switch self {
        case .network(let address): address.description
        case .path(let path): path
        }
    }
}
