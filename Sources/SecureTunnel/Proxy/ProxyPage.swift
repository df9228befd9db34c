import LinuxSystem

/// The page that a proxy sends with a refusal, for quoting its text.
enum ProxyPage {
    /// The maximum size of a page that is read.
    static let limit = 8192
    /// The maximum length of the quoted text.
    private static let quoted = 300

    /// The visible text of a page, shortened.
    ///
    /// - Parameters:
    ///   - body: The bytes after the head, perhaps truncated.
    ///   - isChunked: Whether they come in chunks (RFC 9112, 7.1).
    /// - Returns: At most 300 characters; empty when there is no text.
    static func text(of body: [UInt8], isChunked: Bool) -> String {
        let page = String(decoding: isChunked ? joined(chunks: body) : body, as: UTF8.self)
        return String(visibleText(page).prefix(quoted))
    }

    /// The data of the chunks, as far as they are whole.
    static func joined(chunks body: [UInt8]) -> [UInt8] {
        var data: [UInt8] = []
        var rest = body[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let digits = rest[..<end].prefix { UnicodeScalar($0).properties.isASCIIHexDigit }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size > 0 else { break }
            let chunk = rest[(end + 1)...].prefix(size)
            data += chunk
            rest = rest[chunk.endIndex...].drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        }
        return data
    }

    /// The approximate visible text: no tags, no style sheets, spaces collapsed.
    static func visibleText(_ page: String) -> String {
        var text = ""
        var hidden: Substring?
        for piece in page.split(separator: "<", omittingEmptySubsequences: false) {
            guard let close = piece.firstIndex(of: ">") else {
                // Only the text before the first tag contains no end of a tag.
                if text.isEmpty { text += piece }
                continue
            }
            let tag = piece[..<close].lowercased()
            if let name = hidden, tag.hasPrefix("/" + name) { hidden = nil }
            // The text inside these elements is not meant for people.
            if hidden == nil { hidden = ["style", "script", "title"].first(where: tag.hasPrefix) }
            if hidden == nil { text += " " + piece[piece.index(after: close)...] }
        }
        return collapsed(text)
    }

    private static func collapsed(_ text: String) -> String {
        PrintableText.escaped(text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " "))
    }
}
