import LinuxSystem

/// An entry of `hosts allow` or `hosts deny`: an address, a range of addresses, `localhost` or `*` (protocol
/// specification, session 11.4).
struct HostRule: Equatable, Sendable {
    private let addresses: [[UInt8]]
    private let bits: Int
    private let matchesAll: Bool

    /// Parses an entry; nil for host names and patterns, which would need a resolver.
    init?(_ text: String) {
        matchesAll = text == "*"
        if matchesAll || text.lowercased() == "localhost" {
            addresses = matchesAll ? [] : [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]
            bits = 128
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.address(String(parts[0])) else { return nil }
        addresses = [address]
        guard parts.count == 2 else {
            bits = address.count * 8
            return
        }
        if let mask = Self.address(String(parts[1])), mask.count == address.count {
            guard let length = Self.prefixLength(mask) else { return nil }
            bits = length
        } else {
            guard let length = Int(parts[1]), (0...address.count * 8).contains(length) else { return nil }
            bits = length
        }
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

    func matches(_ address: [UInt8]) -> Bool {
        matchesAll
            || addresses.contains { own in
                guard own.count == address.count else { return false }
                let length = min(bits, own.count * 8)
                let whole = length / 8
                guard own[..<whole] == address[..<whole] else { return false }
                guard length % 8 > 0 else { return true }
                let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (length % 8))
                return own[whole] & mask == address[whole] & mask
            }
    }

    /// The bytes of a numeric address; an IPv4-mapped IPv6 address becomes IPv4.
    static func address(_ text: String) -> [UInt8]? {
        if let bytes = numericAddress(text), bytes.count == 4 { return bytes }
        let plain = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? text
        guard let bytes = numericAddress(plain), bytes.count == 16 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    /// Whether the rules admit an address: `allow` is consulted first, then `deny` (protocol specification, session
    /// 11.4).
    static func admits(_ address: [UInt8]?, allow: [HostRule], deny: [HostRule]) -> Bool {
        guard !allow.isEmpty || !deny.isEmpty else { return true }
        guard let address else { return false }
        if allow.contains(where: { $0.matches(address) }) { return true }
        if !allow.isEmpty, deny.isEmpty { return false }
        return !deny.contains { $0.matches(address) }
    }
}
