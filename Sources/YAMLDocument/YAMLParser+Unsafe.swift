import CYAML

// Invariant: the parser of libyaml and the bytes that it reads are allocated here, belong to one `YAMLParser` alone, do
// not move, and are freed with it. An event's memory is read before the event is deleted, in the same function.

/// A step of a document, with its line.
struct YAMLEvent {
    /// What begins or ends.
    enum Kind: Equatable {
        case documentStart
        case documentEnd
        case streamEnd
        case scalar(String, isPlain: Bool)
        case listStart
        case listEnd
        case mapStart
        case mapEnd
    }

    let kind: Kind
    /// The line, from 1 on.
    let line: Int
    /// Whether it is an alias, or has an anchor or a tag.
    let isMarked: Bool
}

/// The parser of libyaml, over bytes of its own.
@safe struct YAMLParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    /// Prepares to read bytes, which are copied.
    init(_ text: [UInt8]) {
        unsafe bytes = .allocate(capacity: text.count)
        _ = unsafe bytes.initialize(from: text)
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        // It fails only without memory, which ends a Swift program anyway.
        precondition(unsafe yaml_parser_initialize(parser) == 1, "no memory for a YAML parser")
        unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deinitialize(count: 1)
        unsafe parser.deallocate()
        unsafe bytes.deallocate()
    }

    /// The next event; the start of the stream, which says nothing, is left out.
    ///
    /// - Returns: The event; ``YAMLEvent/Kind/streamEnd`` again and again at the end.
    /// - Throws: ``YAMLFlaw`` for text that is not YAML.
    func next() throws(YAMLFlaw) -> YAMLEvent {
        while true {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw flaw() }
            defer { unsafe yaml_event_delete(&event) }
            if let value = unsafe Self.value(of: event) { return value }
        }
    }

    /// Nil for an event without meaning here.
    private static func value(of event: yaml_event_t) -> YAMLEvent? {
        let line = unsafe Int(event.start_mark.line) + 1
        func plain(_ kind: YAMLEvent.Kind, isMarked: Bool = false) -> YAMLEvent {
            YAMLEvent(kind: kind, line: line, isMarked: isMarked)
        }
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return nil
        case YAML_DOCUMENT_START_EVENT: return plain(.documentStart)
        case YAML_DOCUMENT_END_EVENT: return plain(.documentEnd)
        case YAML_ALIAS_EVENT: return plain(.scalar("", isPlain: true), isMarked: true)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let text = unsafe String(decoding: bytes, as: UTF8.self)
            let isMarked = unsafe scalar.anchor != nil || scalar.tag != nil
            return plain(
                .scalar(text, isPlain: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE),
                isMarked: isMarked
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return plain(.listStart, isMarked: unsafe start.anchor != nil || start.tag != nil)
        case YAML_SEQUENCE_END_EVENT: return plain(.listEnd)
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return plain(.mapStart, isMarked: unsafe start.anchor != nil || start.tag != nil)
        case YAML_MAPPING_END_EVENT: return plain(.mapEnd)
        // After its end, libyaml returns events without a type.
        default: return plain(.streamEnd)
        }
    }

    /// What libyaml reports of the text.
    private func flaw() -> YAMLFlaw {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "no memory"
        let mark = unsafe parser.pointee.error == YAML_READER_ERROR ? parser.pointee.mark : parser.pointee.problem_mark
        let kind = unsafe parser.pointee.error == YAML_READER_ERROR ? "not UTF-8 text" : "not YAML"
        return YAMLFlaw(line: Int(mark.line) + 1, reason: "\(kind): \(problem)")
    }
}
