/// Names and addresses of hosts, as the system's resolver knows them.
///
/// Each call blocks for as long as the resolver takes.
package enum HostNames {
    /// The name of a numeric address; nil when it has none.
    package static func name(ofAddress address: String) -> String? {
        resolved(address).first?.hostName
    }

    /// The numeric addresses of a name; empty when there are none.
    package static func addresses(of name: String) -> [String] {
        resolved(name).compactMap { $0.hostPort?.host }
    }

    private static func resolved(_ host: String) -> [SocketAddress] {
        guard !host.isEmpty else { return [] }
        do throws(TransportError) {
            return try SocketAddress.resolve(HostPort(host: host, port: 0), isPassive: false)
        } catch {
            return []
        }
    }
}
