import LinuxSystem

/// An entry of `hosts allow` or `hosts deny`: an address, a network, a host's name or a pattern of names (protocol
/// specification, session 11.4).
struct HostRule: Equatable, Sendable {
    struct Flaw: Error {
        let reason: String
    }

    private enum Kind: Equatable {
        case any
        case network([UInt8], bits: Int)
        /// A name, or a pattern with wildcards, in lower case.
        case name(String)
        case pattern(String)
    }

    private let kind: Kind

    /// Parses an entry.
    ///
    /// - Throws: ``Flaw`` for a malformed mask and for netgroups.
    init(_ text: String) throws(Flaw) {
        let text = text.lowercased()
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if text == "*" {
            kind = .any
        } else if text.hasPrefix("@") {
            throw Flaw(reason: "netgroups are not supported")
        } else if let address = Self.address(String(parts[0])) {
            guard parts.count == 2 else {
                kind = .network(address, bits: address.count * 8)
                return
            }
            guard let bits = Self.bits(String(parts[1]), of: address) else {
                throw Flaw(reason: "not a prefix length or mask")
            }
            kind = .network(address, bits: bits)
        } else if text.contains(where: { "*?[".contains($0) }) {
            kind = .pattern(text)
        } else {
            guard parts.count == 1 else { throw Flaw(reason: "not an address") }
            kind = .name(text)
        }
    }

    private static func bits(_ text: String, of address: [UInt8]) -> Int? {
        if let mask = Self.address(text), mask.count == address.count { return prefixLength(mask) }
        return Int(text).flatMap { (0...address.count * 8).contains($0) ? $0 : nil }
    }

    /// The number of leading one bits; nil when a one follows a zero.
    private static func prefixLength(_ mask: [UInt8]) -> Int? {
        let length = mask.prefix { $0 == 0xFF }.count
        guard length < mask.count else { return length * 8 }
        let ones = (~mask[length]).leadingZeroBitCount
        let isRegular =
            mask[length] == (ones == 0 ? 0 : 0xFF << (8 - ones)) && mask[(length + 1)...].allSatisfy { $0 == 0 }
        return isRegular ? length * 8 + ones : nil
    }

    /// Whether it concerns a client.
    ///
    /// - Parameters:
    ///   - client: Its address, and its name where names are looked up.
    ///   - unresolved: The answer when a name has no address, or names cannot be looked up now.
    /// - Returns: Whether it does.
    func matches(_ client: ClientHost, unresolved: Bool) -> Bool {
        switch kind {
        case .any: return true
        case .network(let network, let bits): return client.address.map { Self.lies($0, in: network, bits) } ?? false
        case .pattern(let pattern):
            guard let name = client.name() else { return unresolved && client.canLookUpNames }
            return matchesFileNamePattern(pattern, name.lowercased())
        case .name("localhost"):
            return client.address == [127, 0, 0, 1] || client.address == [UInt8](repeating: 0, count: 15) + [1]
        case .name(let name):
            if client.name()?.lowercased() == name { return true }
            guard client.canLookUpAddresses else { return false }
            guard let addresses = client.addresses(of: name) else { return unresolved }
            return client.address.map { addresses.contains($0) } ?? false
        }
    }

    private static func lies(_ address: [UInt8], in network: [UInt8], _ bits: Int) -> Bool {
        guard network.count == address.count else { return false }
        let whole = bits / 8
        guard network[..<whole] == address[..<whole] else { return false }
        guard bits % 8 > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
        return network[whole] & mask == address[whole] & mask
    }

    /// The bytes of a numeric address; an IPv4-mapped IPv6 address becomes IPv4.
    static func address(_ text: String) -> [UInt8]? {
        if let bytes = numericAddress(text), bytes.count == 4 { return bytes }
        let plain = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? text
        guard let bytes = numericAddress(plain), bytes.count == 16 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    /// Whether the rules admit a client: `allow` is consulted first, then `deny` (protocol specification, session
    /// 11.4).
    static func admits(_ client: ClientHost, allow: [HostRule], deny: [HostRule]) -> Bool {
        guard !allow.isEmpty || !deny.isEmpty else { return true }
        guard client.address != nil else { return false }
        if allow.contains(where: { $0.matches(client, unresolved: false) }) { return true }
        if !allow.isEmpty, deny.isEmpty { return false }
        return !deny.contains { $0.matches(client, unresolved: true) }
    }
}
