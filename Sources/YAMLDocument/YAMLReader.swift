extension YAMLNode {
    /// The longest text, in bytes.
    package static let longestText = 1 << 20
    /// The deepest nesting of sequences and mappings.
    package static let deepestNesting = 32

    /// Reads one document of YAML 1.1, and so also JSON, from a text that may be hostile.
    ///
    /// Length and nesting are bounded, and keys are unique scalars. Anchors, aliases and tags are refused: with them a
    /// short text could stand for a huge value, or for something other than data.
    ///
    /// - Parameter bytes: The whole text in UTF-8, at most ``longestText`` bytes.
    /// - Throws: ``YAMLFlaw``.
    package init(parsing bytes: [UInt8]) throws(YAMLFlaw) {
        guard bytes.count <= Self.longestText else {
            throw YAMLFlaw(line: 1, reason: "the text has more than \(Self.longestText) bytes")
        }
        var reader = YAMLReader(YAMLParser(bytes))
        self = try reader.document()
    }
}

/// Makes values of a parser's events.
private struct YAMLReader: ~Copyable {
    private let parser: YAMLParser
    private var depth = 0

    init(_ parser: consuming YAMLParser) { self.parser = parser }

    mutating func document() throws(YAMLFlaw) -> YAMLNode {
        let start = try parser.next()
        guard start.kind != .streamEnd else { throw YAMLFlaw(line: 1, reason: "the text is empty") }
        let node = try node(try parser.next())
        _ = try parser.next()
        let end = try parser.next()
        guard end.kind == .streamEnd else {
            throw YAMLFlaw(line: end.line, reason: "a second document begins; one is expected")
        }
        return node
    }

    private mutating func node(_ event: YAMLEvent) throws(YAMLFlaw) -> YAMLNode {
        guard !event.isMarked else {
            throw YAMLFlaw(line: event.line, reason: "anchors, aliases and tags (&, *, !) are not supported")
        }
        switch event.kind {
        case .scalar(let text, let isPlain):
            return YAMLNode(value: .scalar(text, isPlain: isPlain), line: event.line)
        case .listStart:
            try enter(event)
            defer { depth -= 1 }
            return YAMLNode(value: .list(try elements()), line: event.line)
        case .mapStart:
            try enter(event)
            defer { depth -= 1 }
            return YAMLNode(value: .map(try members()), line: event.line)
        case .documentStart, .documentEnd, .streamEnd, .listEnd, .mapEnd:
            throw YAMLFlaw(line: event.line, reason: "a value is expected")
        }
    }

    private mutating func enter(_ event: YAMLEvent) throws(YAMLFlaw) {
        guard depth < YAMLNode.deepestNesting else {
            throw YAMLFlaw(line: event.line, reason: "nested more than \(YAMLNode.deepestNesting) levels deep")
        }
        depth += 1
    }

    private mutating func elements() throws(YAMLFlaw) -> [YAMLNode] {
        var elements: [YAMLNode] = []
        while true {
            let event = try parser.next()
            if event.kind == .listEnd { return elements }
            elements.append(try node(event))
        }
    }

    private mutating func members() throws(YAMLFlaw) -> [YAMLMember] {
        var members: [YAMLMember] = []
        var keys: Set<String> = []
        while true {
            let event = try parser.next()
            if event.kind == .mapEnd { return members }
            guard case .scalar(let key, _) = event.kind, !event.isMarked else {
                throw YAMLFlaw(line: event.line, reason: "a key is not a plain text")
            }
            guard keys.insert(key).inserted else {
                throw YAMLFlaw(line: event.line, reason: "the key \"\(key)\" is there twice")
            }
            members.append(YAMLMember(key: key, line: event.line, value: try node(try parser.next())))
        }
    }
}
