/// A host and a TCP port, as people write them: `host:443`, `10.0.0.7:873`, `[::1]:873`, `:873`.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, IPv6 without brackets; empty for "any address" of a listener.
    package let host: String
    /// The port; 0 lets the kernel choose where that is allowed.
    package let port: UInt16

    /// Names a host and a port.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Parses `host:port`, `[v6]:port` or `:port`; no port is ever guessed.
    ///
    /// - Parameter text: What the user or a setting gave.
    /// - Throws: ``TransportError/badAddress(text:reason:)``.
    package init(parsing text: String) throws(TransportError) {
        let (host, portText) = try HostPort.split(text)
        guard let portText else { throw .badAddress(text: text, reason: "the port is missing") }
        guard let port = HostPort.port(from: portText) else {
            throw .badAddress(text: text, reason: "\"\(portText)\" is not a valid port number")
        }
        self.init(host: host, port: port)
    }

    /// Splits a text into host and port without checking that the port is present or valid.
    ///
    /// - Parameter text: Such as `host`, `host:443`, `[::1]`.
    /// - Returns: The host without brackets, and what followed the colon, if there was one.
    /// - Throws: ``TransportError/badAddress(text:reason:)`` for brackets that do not match, a bare IPv6 address,
    ///   spaces.
    package static func split(_ text: String) throws(TransportError) -> (host: String, port: String?) {
        let isPlain = text.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@")
        }
        guard isPlain else {
            throw .badAddress(text: text, reason: "it contains a character that is not allowed in a host name")
        }
        guard text.hasPrefix("[") else {
            let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            switch parts.count {
            case 1: return (text, nil)
            case 2: return (String(parts[0]), String(parts[1]))
            default: throw .badAddress(text: text, reason: "an IPv6 address needs brackets, as in [::1]:873")
            }
        }
        guard let end = text.firstIndex(of: "]") else {
            throw .badAddress(text: text, reason: "the closing ] is missing")
        }
        let host = String(text[text.index(after: text.startIndex)..<end])
        guard host.contains(":") else { throw .badAddress(text: text, reason: "only an IPv6 address goes in brackets") }
        let rest = text[text.index(after: end)...]
        guard !rest.isEmpty else { return (host, nil) }
        guard rest.hasPrefix(":") else { throw .badAddress(text: text, reason: "only :port may follow ]") }
        return (host, String(rest.dropFirst()))
    }

    /// Reads a port: decimal digits only, 0 to 65535.
    ///
    /// - Parameter text: The digits.
    /// - Returns: Nil when the text is anything else.
    package static func port(from text: String) -> UInt16? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt16(text)
    }

    /// The form that the parser reads, with brackets around an IPv6 address.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
