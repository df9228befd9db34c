import LinuxSystem
package import Transport

/// The hosts that are connected without a proxy, in the syntax of `NO_PROXY`.
///
/// Items are separated by commas or spaces: `y.com` means itself and everything below it, `.y.com` only what is below,
/// `10.0.0.7` and `fd00::1` an address, `10.0.0.0/8` a network, `*` everything; `:port` after a name or an address
/// (IPv6 in brackets) restricts it to the port.
package struct BypassList: Equatable, Sendable {
    private struct Item: Equatable {
        var pattern: Pattern
        var port: UInt16?
    }

    private enum Pattern: Equatable {
        case everything
        case network([UInt8], prefixLength: Int)
        case domain(String, includesItself: Bool)
    }

    private let items: [Item]

    /// Parses a list.
    ///
    /// - Parameter text: The setting; empty items are skipped.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)`` for an invalid network or port.
    package init(parsing text: String) throws(SecureTunnelError) {
        var items: [Item] = []
        for item in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            items.append(try BypassList.item(String(item)))
        }
        self.items = items
    }

    /// Whether a target is connected directly.
    ///
    /// - Parameter target: Host as given, not resolved: names match names, addresses match addresses.
    /// - Returns: True when an item of the list matches.
    package func contains(_ target: HostPort) -> Bool {
        var host = target.host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let address = BypassList.address(host)
        return items.contains { item in
            guard item.port == nil || item.port == target.port else { return false }
            switch item.pattern {
            case .everything: return true
            case .network(let network, let length):
                return address.map { BypassList.matches($0, network, length) } ?? false
            case .domain(let name, let includesItself):
                guard address == nil else { return false }
                return host.hasSuffix("." + name) || includesItself && host == name
            }
        }
    }

    private static func item(_ text: String) throws(SecureTunnelError) -> Item {
        guard text != "*" else { return Item(pattern: .everything, port: nil) }
        if let slash = text.firstIndex(of: "/") {
            let bits = HostPort.port(from: String(text[text.index(after: slash)...])).map { Int($0) }
            guard let network = address(String(text[..<slash])), let bits, bits <= 8 * network.count else {
                throw .badSetting(reason: "\"\(text)\" is not a network")
            }
            return Item(pattern: .network(network, prefixLength: bits), port: nil)
        }
        if let whole = address(text) {
            return Item(pattern: .network(whole, prefixLength: 8 * whole.count), port: nil)
        }
        let host: String
        let portText: String?
        do throws(TransportError) {
            (host, portText) = try HostPort.split(text)
        } catch {
            throw .badSetting(reason: "invalid entry \"\(text)\" in the list of hosts without proxy: \(error)")
        }
        let port = portText.flatMap { HostPort.port(from: $0) }
        guard portText == nil || port != nil else {
            throw .badSetting(reason: "\"\(text)\" does not end with a valid port number")
        }
        guard host != "*" else { return Item(pattern: .everything, port: port) }
        if let whole = address(host) {
            return Item(pattern: .network(whole, prefixLength: 8 * whole.count), port: port)
        }
        var name = host.lowercased()
        // `*.y.com` is often written for `.y.com`.
        if name.hasPrefix("*.") { name.removeFirst() }
        let isBelowOnly = name.hasPrefix(".")
        if isBelowOnly { name.removeFirst() }
        if name.hasSuffix(".") { name.removeLast() }
        guard !name.isEmpty else { throw .badSetting(reason: "\"\(text)\" has no host name") }
        return Item(pattern: .domain(name, includesItself: !isBelowOnly), port: port)
    }

    /// The bytes of a numeric address: 4 or 16.
    ///
    /// An IPv4 address in IPv6 form counts as IPv4.
    private static func address(_ text: String) -> [UInt8]? {
        // C would stop reading at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        guard let bytes = numericAddress(text) else { return nil }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    }

    private static func matches(_ address: [UInt8], _ network: [UInt8], _ length: Int) -> Bool {
        guard address.count == network.count else { return false }
        return zip(address, network).enumerated().allSatisfy { index, pair in
            let bits = min(8, max(0, length - 8 * index))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return pair.0 & mask == pair.1 & mask
        }
    }
}
