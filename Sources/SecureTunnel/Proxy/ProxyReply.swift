import LinuxSystem

/// The head of a proxy's final answer to CONNECT, collected byte by byte until its blank line.
///
/// Interim answers (1xx, RFC 9110, 15.2) before it are discarded. No I/O: the caller feeds it, and stops at the byte
/// that ends the head, so that what follows is left for the tunnel.
package struct ProxyReply {
    /// The size limit of a head, together with the interim answers before it.
    package static let limit = 64 * 1024

    /// The state after the bytes so far.
    package enum State: Equatable, Sendable {
        /// More bytes are needed.
        case incomplete
        /// The head is complete: the next byte is not part of it.
        case complete
        /// The bytes are not from an HTTP/1 proxy, or too many.
        case notHTTP
    }

    /// The answer so far, without interim ones.
    package private(set) var bytes: [UInt8] = []
    private var total = 0
    private var lineLength = 0
    private var isPastFirstLine = false

    /// Starts empty.
    package init() {}

    /// Takes the next byte.
    ///
    /// - Parameter byte: As received from the proxy.
    /// - Returns: The state after it.
    package mutating func append(_ byte: UInt8) -> State {
        bytes.append(byte)
        total += 1
        let start = "HTTP/1.".utf8
        guard bytes.count > start.count || start.starts(with: bytes) else { return .notHTTP }
        guard !isTooLong else { return .notHTTP }
        guard byte == UInt8(ascii: "\n") else {
            if byte != UInt8(ascii: "\r") { lineLength += 1 }
            return .incomplete
        }
        let isBlank = lineLength == 0
        lineLength = 0
        // Each byte is examined once: a head of many short lines must not be rescanned at each of them.
        if !isPastFirstLine, status == nil { return .notHTTP }
        isPastFirstLine = true
        guard isBlank else { return .incomplete }
        // 101 ends the exchange: a protocol switch was not requested.
        guard let status, (100...199).contains(status), status != 101 else { return .complete }
        bytes = []
        isPastFirstLine = false
        return .incomplete
    }

    /// Whether there are more bytes than ``limit``.
    package var isTooLong: Bool { total >= Self.limit }

    /// The three digits after the version; nil when the first line has none.
    package var status: Int? {
        let words = firstLine.split(separator: UInt8(ascii: " "))
        guard words.count >= 2, words[1].count == 3 else { return nil }
        guard ["HTTP/1.0", "HTTP/1.1"].contains(String(decoding: words[0], as: UTF8.self)) else { return nil }
        return Int(String(decoding: words[1], as: UTF8.self)).flatMap { (100...599).contains($0) ? $0 : nil }
    }

    /// The sentence after the status; empty when there is none.
    package var reason: String {
        let words = firstLine.split(separator: UInt8(ascii: " "), maxSplits: 2)
        return words.count == 3 ? PrintableText.ofPeer(words[2]) : ""
    }

    /// The values of all headers of a name, in their order.
    ///
    /// - Parameter name: In lower case.
    /// - Returns: Without the spaces around them.
    package func headers(_ name: String) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, String(decoding: parts[0], as: UTF8.self).lowercased() == name else { return nil }
            let blanks: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]
            var value = parts[1].drop { blanks.contains($0) }
            while let last = value.last, blanks.contains(last) { value.removeLast() }
            return PrintableText.ofPeer(value)
        }
    }

    /// The challenges of a 407, or of a 401, which tinyproxy sends for a wrong password.
    package var challenges: [String] { headers("proxy-authenticate") + headers("www-authenticate") }

    /// The realm that the proxy names first.
    package var realm: String? {
        for challenge in challenges {
            // Only ASCII capitals: `lowercased()` can change the length of others, and thus offsets.
            let lowered = challenge.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
            guard let range = lowered.firstRange(of: Array("realm=\"".utf8)) else { continue }
            let rest = challenge.utf8.dropFirst(range.upperBound)
            return String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        }
        return nil
    }

    /// The names of the authentication schemes, such as `Basic` or `NTLM`.
    package var schemes: [String] { challenges.compactMap { $0.split(separator: " ").first.map(String.init) } }

    private var firstLine: ArraySlice<UInt8> {
        bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    }
}
