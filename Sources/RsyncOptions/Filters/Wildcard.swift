/// The wildcards of rsync: `*`, `**`, `?`, `[...]` and the backslash.
enum Wildcard {
    private static let slash = UInt8(ascii: "/")

    /// The position to resume from when what follows a star does not match.
    private struct Retry {
        var pattern: Int
        var text: Int
    }

    /// Compares a pattern with a part of a name in a time of at most the product of their lengths for each `**`.
    ///
    /// - Parameters:
    ///   - pattern: In the syntax of filter rules.
    ///   - name: The name; beyond both of its ends it counts as a slash.
    ///   - start: Where the part starts, -1 for the leading slash.
    ///   - end: Where the part ends, one more than the length for the trailing slash.
    /// - Returns: Whether the whole part matches the whole pattern.
    static func matches(_ pattern: Span<UInt8>, _ name: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        func text(_ index: Int) -> UInt8 { index >= 0 && index < name.count ? name[index] : slash }
        var position = 0
        var index = start
        var star: Retry?
        var doubleStar: Retry?
        while true {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                var after = position + 1
                while after < pattern.count, pattern[after] == UInt8(ascii: "*") { after += 1 }
                if after - position > 1 {
                    doubleStar = Retry(pattern: after, text: index)
                    star = nil
                } else {
                    star = Retry(pattern: after, text: index)
                }
                position = after
                continue
            }
            if index == end, position == pattern.count { return true }
            if index < end, let next = single(pattern, position, text(index)) {
                position = next
                index += 1
                continue
            }
            if let retry = star, retry.text < end, text(retry.text) != slash {
                star = Retry(pattern: retry.pattern, text: retry.text + 1)
                (position, index) = (retry.pattern, retry.text + 1)
            } else if let retry = doubleStar, retry.text < end {
                star = nil
                doubleStar = Retry(pattern: retry.pattern, text: retry.text + 1)
                (position, index) = (retry.pattern, retry.text + 1)
            } else {
                return false
            }
        }
    }

    /// Compares one character.
    ///
    /// - Returns: Where the pattern continues; nil when the character does not match.
    private static func single(_ pattern: Span<UInt8>, _ position: Int, _ byte: UInt8) -> Int? {
        guard position < pattern.count else { return nil }
        switch pattern[position] {
        case UInt8(ascii: "?"): return byte == slash ? nil : position + 1
        case UInt8(ascii: "["): return set(pattern, position + 1, byte)
        case UInt8(ascii: "\\"):
            guard position + 1 < pattern.count else { return nil }
            return pattern[position + 1] == byte ? position + 2 : nil
        case let literal: return literal == byte ? position + 1 : nil
        }
    }

    /// Compares one character with a set, such as `[a-z_]`, `[!0-9]` or `[[:alpha:]]`.
    private static func set(_ pattern: Span<UInt8>, _ start: Int, _ byte: UInt8) -> Int? {
        var position = start
        guard position < pattern.count else { return nil }
        let isNegated = pattern[position] == UInt8(ascii: "!") || pattern[position] == UInt8(ascii: "^")
        if isNegated { position += 1 }
        let first = position
        var isMember = false
        while position < pattern.count {
            if pattern[position] == UInt8(ascii: "]"), position > first {
                return byte != slash && isMember != isNegated ? position + 1 : nil
            }
            if pattern[position] == UInt8(ascii: "["), position + 1 < pattern.count,
                pattern[position + 1] == UInt8(ascii: ":")
            {
                guard let (end, contains) = named(pattern, position + 2, byte) else { return nil }
                isMember = isMember || contains
                position = end
                continue
            }
            guard let low = literal(pattern, &position) else { return nil }
            var high = low
            if position + 1 < pattern.count, pattern[position] == UInt8(ascii: "-"),
                pattern[position + 1] != UInt8(ascii: "]")
            {
                position += 1
                guard let bound = literal(pattern, &position) else { return nil }
                high = bound
            }
            isMember = isMember || (low <= byte && byte <= high)
        }
        return nil
    }

    /// A member of a set, which a backslash may quote.
    private static func literal(_ pattern: Span<UInt8>, _ position: inout Int) -> UInt8? {
        if pattern[position] == UInt8(ascii: "\\") { position += 1 }
        guard position < pattern.count else { return nil }
        defer { position += 1 }
        return pattern[position]
    }

    /// A class of characters by its name, such as `alpha:]`.
    ///
    /// - Returns: Where the pattern continues, and whether the class contains the character; nil for an unknown class.
    private static func named(_ pattern: Span<UInt8>, _ start: Int, _ byte: UInt8) -> (end: Int, contains: Bool)? {
        var end = start
        while end < pattern.count, pattern[end] != UInt8(ascii: "]") { end += 1 }
        guard end < pattern.count, end > start, pattern[end - 1] == UInt8(ascii: ":") else { return nil }
        let isUpper = (0x41...0x5a).contains(byte)
        let isLower = (0x61...0x7a).contains(byte)
        let isDigit = (0x30...0x39).contains(byte)
        let isVisible = (0x21...0x7e).contains(byte)
        func isNamed(_ name: String) -> Bool {
            name.utf8.count == end - 1 - start
                && name.utf8.enumerated().allSatisfy { pattern[start + $0.offset] == $0.element }
        }
        if isNamed("alpha") { return (end + 1, isUpper || isLower) }
        if isNamed("digit") { return (end + 1, isDigit) }
        if isNamed("alnum") { return (end + 1, isUpper || isLower || isDigit) }
        if isNamed("upper") { return (end + 1, isUpper) }
        if isNamed("lower") { return (end + 1, isLower) }
        if isNamed("space") { return (end + 1, byte == 0x20 || (0x09...0x0d).contains(byte)) }
        if isNamed("blank") { return (end + 1, byte == 0x20 || byte == 0x09) }
        if isNamed("punct") { return (end + 1, isVisible && !(isUpper || isLower || isDigit)) }
        if isNamed("graph") { return (end + 1, isVisible) }
        if isNamed("print") { return (end + 1, isVisible || byte == 0x20) }
        if isNamed("cntrl") { return (end + 1, byte < 0x20 || byte == 0x7f) }
        if isNamed("xdigit") {
            return (end + 1, isDigit || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte))
        }
        return nil
    }
}
