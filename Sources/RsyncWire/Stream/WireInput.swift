package import LinuxSystem

/// The source of a stream's bytes.
package protocol WireSource: AnyObject {
    /// The next bytes, which stay valid until the next call; empty at the end of the stream.
    ///
    /// - Throws: ``WireError/transport(_:)`` with the underlying failure.
    func next() throws(WireError) -> MemorySlice
}

/// Reads the primitives of rsync's protocol from a stream, plain or multiplexed (protocol specification, session 5 and 6).
///
/// What `source.next()` returned stays valid until it is called again, and only `refill` calls it. One thread uses an
/// input at a time.
package final class WireInput {
    private let source: any WireSource
    /// The source's buffer; after the window come frame headers and later frames.
    private var window = InputWindow()
    /// Bytes of the current data frame that are not in the window.
    private var frameRest = 0
    private var isMultiplexed = false
    private var indexReader = IndexCoder()
    /// Handles the messages between data frames; without one they are dropped, as between handshake and session.
    package weak var messages: (any MessageReceiver)?
    /// Bytes taken from the source so far.
    package private(set) var bytesRead: Int64 = 0
    /// The bytes of those that were consumed, including frame headers.
    package var bytesTaken: Int64 { bytesRead - Int64(window.countLeft) }
    /// The negotiated dialect; determines the encoding of indexes and 30-style numbers.
    package var dialect = Dialect.newest

    /// Reads from a source.
    package init(source: any WireSource) {
        self.source = source
    }

    /// From now on, the stream consists of frames.
    package func startMultiplexing() {
        guard !isMultiplexed else { return }
        isMultiplexed = true
        frameRest = 0
        // The rest of the buffer is not data yet: a frame header comes first.
        window.close()
    }

    /// Reads bytes that are not framed although the stream is, between two frames.
    ///
    /// - Parameter read: Reads all of them, and nothing after them.
    /// - Returns: Its result.
    /// - Throws: ``WireError`` when a frame is not finished, or reading fails.
    package func unframed<Value>(_ read: () throws(WireError) -> Value) throws(WireError) -> Value {
        guard isMultiplexed else { return try read() }
        guard frameRest == 0, window.isEmpty else { throw .malformed("unframed bytes within a frame") }
        isMultiplexed = false
        let value = try read()
        startMultiplexing()
        return value
    }

    /// The number of bytes that can be taken without waiting for the source.
    package var buffered: Int { window.count }

    // MARK: fields

    /// Reads one byte.
    package func byte(_ field: StaticString) throws(WireError) -> UInt8 {
        if window.isEmpty { try refill(field) }
        return window.byte()
    }

    /// Reads two bytes, little-endian.
    package func uint16(_ field: StaticString) throws(WireError) -> UInt16 {
        UInt16(truncatingIfNeeded: try littleEndian(count: 2, field))
    }

    /// Reads four bytes, little-endian two's complement.
    package func int32(_ field: StaticString) throws(WireError) -> Int32 {
        if let value = window.word() { return Int32(bitPattern: value) }
        return Int32(truncatingIfNeeded: try littleEndian(count: 4, field))
    }

    /// Reads a longint: 4 bytes, or `ff ff ff ff` and 8 bytes (protocol specification, session 5.1).
    package func longint(_ field: StaticString) throws(WireError) -> Int64 {
        let short = try int32(field)
        guard short == -1 else { return Int64(short) }
        return try littleEndian(count: 8, field)
    }

    /// Reads a varint (protocol specification, session 5.2).
    package func varint(_ field: StaticString) throws(WireError) -> Int32 {
        let first = try byte(field)
        guard first >= 0x80 else { return Int32(first) }
        let extra = (~first).leadingZeroBitCount
        guard extra <= 4 else { throw .malformed("overlong varint in \(field)") }
        var value = UInt64(bitPattern: try littleEndian(count: extra, field))
        if extra < 4 { value |= UInt64(first & (0xff >> UInt8(extra + 1))) << UInt64(8 * extra) }
        return Int32(truncatingIfNeeded: value)
    }

    /// Reads a varlong of at least `minimum` bytes (protocol specification, session 5.3).
    package func varlong(_ minimum: Int, _ field: StaticString) throws(WireError) -> Int64 {
        let first = try byte(field)
        let low = UInt64(bitPattern: try littleEndian(count: minimum - 1, field))
        let extra = min((~first).leadingZeroBitCount, 6)
        guard minimum + extra <= 9 else { throw .malformed("overlong varlong in \(field)") }
        let middle = UInt64(bitPattern: try littleEndian(count: extra, field))
        let top = UInt64(extra == 6 ? first & 3 : first & (0xff >> UInt8(extra + 1)))
        var value = low | middle << UInt64(8 * (minimum - 1))
        let topShift = UInt64(8 * (minimum - 1 + extra))
        if topShift < 64 { value |= top << topShift }
        return Int64(bitPattern: value)
    }

    /// Reads a varint from protocol 30 on, an int before.
    package func varint30(_ field: StaticString) throws(WireError) -> Int32 {
        dialect.hasVariableIntegers ? try varint(field) : try int32(field)
    }

    /// Reads a varlong from protocol 30 on, a longint before.
    package func varlong30(_ minimum: Int, _ field: StaticString) throws(WireError) -> Int64 {
        dialect.hasVariableIntegers ? try varlong(minimum, field) : try longint(field)
    }

    /// Reads a vstring of at most `limit` bytes (protocol specification, session 5.4).
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with `tooLong` as its code when the length exceeds the limit.
    package func vstring(limit: Int, tooLong: Int32, _ field: StaticString) throws(WireError) -> [UInt8] {
        var length = Int(try byte(field))
        if length >= 0x80 { length = (length - 0x80) << 8 | Int(try byte(field)) }
        guard length <= limit else {
            throw .violation("\(field) of \(length) bytes is longer than \(limit)", exitCode: tooLong)
        }
        return try bytes(length, field)
    }

    /// Reads a file index or one of the special values (protocol specification, session 5.5).
    package func index(_ field: StaticString = "an index") throws(WireError) -> Int32 {
        guard dialect.hasIndexDifferences else { return try int32(field) }
        let first = try byte(field)
        if first == 0 { return -1 }
        let isNegative = first == 0xff
        let lead = isNegative ? try byte(field) : first
        if lead != 0xfe { return try indexReader.decoded(difference: Int32(lead), isNegative: isNegative) }
        let high = try byte(field)
        let low = try byte(field)
        guard high & 0x80 != 0 else {
            return try indexReader.decoded(difference: Int32(high) << 8 | Int32(low), isNegative: isNegative)
        }
        let rest = try uint16(field)
        let absolute = UInt32(high & 0x7f) << 24 | UInt32(rest) << 8 | UInt32(low)
        return indexReader.decoded(absolute: Int32(absolute), isNegative: isNegative)
    }

    /// Reads exactly `count` bytes.
    package func bytes(_ count: Int, _ field: StaticString) throws(WireError) -> [UInt8] {
        var result: [UInt8] = []
        try append(count, to: &result, field)
        return result
    }

    /// Reads exactly `count` bytes and appends them to an array.
    package func append(_ count: Int, to array: inout [UInt8], _ field: StaticString) throws(WireError) {
        var rest = count
        while rest > 0 {
            if window.isEmpty { try refill(field) }
            let piece = min(rest, window.count)
            window.take(piece, appendingTo: &array)
            rest -= piece
        }
    }

    /// Takes between 1 and `limit` bytes without copying them.
    ///
    /// - Returns: Bytes that stay valid until the next call of any method of this input.
    package func chunk(limit: Int, _ field: StaticString) throws(WireError) -> MemorySlice {
        if window.isEmpty { try refill(field) }
        return window.take(min(limit, window.count))
    }

    /// Waits until there is a byte to read, or the stream has ended.
    ///
    /// - Returns: False at the end of the stream.
    package func hasMore() throws(WireError) -> Bool {
        if !window.isEmpty { return true }
        return try refillOrEnd()
    }

    private func littleEndian(count: Int, _ field: StaticString) throws(WireError) -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for _ in 0..<count {
            value |= UInt64(try byte(field)) << shift
            shift += 8
        }
        return Int64(bitPattern: value)
    }

    // MARK: frames

    private func refill(_ field: StaticString) throws(WireError) {
        guard try refillOrEnd() else { throw .ended(field: "\(field)") }
    }

    /// Makes `[position, end)` nonempty; returns false if the stream has ended between frames.
    private func refillOrEnd() throws(WireError) -> Bool {
        guard isMultiplexed else {
            if window.countBehind == 0, try !fetch() { return false }
            return openWindow(limit: .max)
        }
        while true {
            if frameRest > 0 {
                if window.countBehind == 0, try !fetch() { throw .ended(field: "the rest of a frame") }
                return openWindow(limit: frameRest)
            }
            guard let header = try frameHeader() else { return false }
            let tagNumber = UInt8(truncatingIfNeeded: header >> 24) &- 7
            let length = Int(header & 0xff_ffff)
            guard header >> 24 >= 7, let tag = MessageTag(rawValue: tagNumber) else {
                throw .malformed("unexpected tag \(Int(header >> 24) - 7) in the multiplexed stream")
            }
            guard tag.allows(length: length) else {
                throw .malformed("invalid multi-message \(tag) of \(length) bytes")
            }
            if tag == .data {
                frameRest = length
            } else {
                let message = Message(tag: tag, payload: try frameBytes(length, "a message"))
                try messages?.receive(message)
            }
        }
    }

    /// The next four bytes outside any frame; nil when the stream ends before them.
    private func frameHeader() throws(WireError) -> UInt32? {
        if window.countBehind == 0, try !fetch() { return nil }
        let header = try frameBytes(4, "a frame header")
        return header.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Takes bytes after the window, across buffers if necessary.
    private func frameBytes(_ count: Int, _ field: StaticString) throws(WireError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count {
            if window.countBehind == 0, try !fetch() { throw .ended(field: "\(field)") }
            window.open(min(count - result.count, window.countBehind))
            window.take(window.count, appendingTo: &result)
        }
        return result
    }

    /// Moves the window to at most `limit` of the bytes that remain in the buffer.
    private func openWindow(limit: Int) -> Bool {
        let count = min(limit, window.countBehind)
        window.open(count)
        if isMultiplexed { frameRest -= count }
        return true
    }

    /// Gets the source's next buffer, with an empty window at its start; false at the end of the stream.
    private func fetch() throws(WireError) -> Bool {
        let buffer = try source.next()
        guard !buffer.isEmpty else { return false }
        bytesRead += Int64(buffer.count)
        window = InputWindow(buffer)
        return true
    }
}
