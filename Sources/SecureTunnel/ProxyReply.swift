/// The head of a proxy's answer to CONNECT, collected byte by byte until the blank line.
///
/// No I/O: the caller feeds it, and stops at the byte that ends the head, so that what follows is left for the tunnel.
struct ProxyReply {
    /// The most that a head may take.
    static let limit = 64 * 1024

    /// What the bytes so far amount to.
    enum State: Equatable {
        case incomplete
        case complete
        case notHTTP
    }

    private(set) var bytes: [UInt8] = []
    private var lineLength = 0
    private var isPastFirstLine = false

    /// Takes the next byte.
    mutating func append(_ byte: UInt8) -> State {
        bytes.append(byte)
        let start = "HTTP/1.".utf8
        guard bytes.count > start.count || start.starts(with: bytes) else { return .notHTTP }
        guard byte == UInt8(ascii: "\n") else {
            if byte != UInt8(ascii: "\r") { lineLength += 1 }
            return bytes.count < Self.limit ? .incomplete : .notHTTP
        }
        if lineLength == 0 { return .complete }
        lineLength = 0
        // Looked at once: a head of many short lines must not be gone through again at each of them.
        guard !isPastFirstLine else { return .incomplete }
        isPastFirstLine = true
        return status == nil ? .notHTTP : .incomplete
    }

    private var lines: [Substring] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    }

    /// The three digits after the version; nil when the first line has none.
    var status: Int? {
        guard let words = lines.first?.split(separator: " "), words.count >= 2 else { return nil }
        guard ["HTTP/1.0", "HTTP/1.1"].contains(words[0]), words[1].utf8.count == 3 else { return nil }
        return Int(words[1]).flatMap { (100...599).contains($0) ? $0 : nil }
    }

    /// The sentence after the status.
    var reason: String {
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        return words.count == 3 ? String(words[2]) : ""
    }

    /// The value of the first header of this name.
    func header(_ name: String) -> String? {
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name else { continue }
            return String(parts[1].drop { $0 == " " || $0 == "\t" })
        }
        return nil
    }

    /// The realm that a 407 names, or a 401.
    var realm: String? {
        guard let challenge = header("proxy-authenticate") ?? header("www-authenticate") else { return nil }
        // Capitals of ASCII alone: `lowercased()` changes the length of others, and offsets with it.
        let lowered = challenge.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        guard let range = lowered.firstRange(of: Array("realm=\"".utf8)) else { return nil }
        let rest = challenge.utf8.dropFirst(range.upperBound)
        return String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
