import LinuxSystem
package import Transport

/// The header by which a proxy names its client's address (PROXY protocol, versions 1 and 2; protocol specification,
/// session 3.8).
package struct ProxyHeader: Equatable, Sendable {
    /// Why a header is rejected.
    package enum Flaw: Error, Equatable, CustomStringConvertible {
        case notTrusted(String)
        case malformed(String)
        case transport(TransportError)

        package var description: String {
            switch self {
            case .notTrusted(let proxy): "\(proxy) is not among proxy protocol hosts"
            case .malformed(let reason): "bad PROXY header: \(reason)"
            case .transport(let error): "no PROXY header: \(error)"
            }
        }
    }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    /// The longest header of version 1, and the longest body of version 2, in bytes.
    private static let longestLine = 107, longestBody = 216

    /// The client's address as text; nil for a connection of the proxy's own, such as a health check.
    package let client: String?

    /// Reads a header and nothing behind it.
    ///
    /// - Parameter read: Returns exactly as many bytes as it is asked for.
    /// - Throws: ``Flaw``.
    package init(reading read: (Int) throws(Flaw) -> [UInt8]) throws(Flaw) {
        var head = try read(Self.signature.count)
        guard head != Self.signature else {
            client = try Self.second(read)
            return
        }
        guard head.starts(with: Array("PROXY ".utf8)) else { throw .malformed("it has an unknown signature") }
        while !head.suffix(2).elementsEqual([13, 10]) {
            guard head.count < Self.longestLine else { throw .malformed("the line is too long") }
            head += try read(1)
        }
        client = try Self.first(String(decoding: head.dropLast(2), as: UTF8.self))
    }

    private static func first(_ line: String) throws(Flaw) -> String? {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if words.count > 1, words[1] == "UNKNOWN" { return nil }
        let size = ["TCP4": 4, "TCP6": 16][words.count > 1 ? words[1] : ""]
        guard words.count == 6, let size, let port = UInt16(words[4]), port > 0, UInt16(words[5]) ?? 0 > 0,
            numericAddress(words[2])?.count == size, numericAddress(words[3])?.count == size
        else { throw .malformed("it is not a valid version 1 header") }
        return words[2]
    }

    private static func second(_ read: (Int) throws(Flaw) -> [UInt8]) throws(Flaw) -> String? {
        let head = try read(4)
        let length = Int(head[2]) << 8 | Int(head[3])
        guard length <= longestBody else { throw .malformed("the body is too long") }
        let body = try read(length)
        switch (head[0], head[1]) {
        case (0x20, _): return nil
        case (0x21, 0x11):
            guard length == 12 else { throw .malformed("the length does not match IPv4") }
            return body[..<4].map(String.init).joined(separator: ".")
        case (0x21, 0x21):
            guard length == 36 else { throw .malformed("the length does not match IPv6") }
            let groups = stride(from: 0, to: 16, by: 2).map { UInt16(body[$0]) << 8 | UInt16(body[$0 + 1]) }
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        case (0x21, _): return nil
        default: throw .malformed("the command is neither PROXY nor LOCAL")
        }
    }
}

extension DaemonConfiguration {
    /// Reads the PROXY header of a connection, if the configuration requires one.
    ///
    /// - Parameters:
    ///   - stream: The connection, from which nothing has been read yet.
    ///   - proxy: The address that it comes from.
    /// - Returns: The client's address for access rules and logs.
    /// - Throws: ``ProxyHeader/Flaw``.
    package func client(
        of stream: any ByteStream,
        from proxy: String
    ) throws(ProxyHeader.Flaw) -> String {
        guard globals.expectsProxyHeader else { return proxy }
        let host = ClientHost(proxy, canLookUpNames: false, canLookUpAddresses: false)
        guard globals.proxies.contains(where: { $0.matches(host, unresolved: false) }) else {
            throw .notTrusted(proxy)
        }
        let header = try ProxyHeader { count throws(ProxyHeader.Flaw) in
            var bytes: [UInt8] = []
            do throws(TransportError) {
                while bytes.count < count {
                    let piece = try stream.read(upTo: count - bytes.count)
                    guard !piece.isEmpty else { throw TransportError.closed(peer: proxy) }
                    bytes += piece
                }
            } catch {
                throw .transport(error)
            }
            return bytes
        }
        return header.client ?? proxy
    }
}
