/// Where the bytes of a stream come from.
public protocol WireSource: AnyObject {
    /// The next bytes, valid until the next call; empty at the end of the stream.
    ///
    /// - Throws: ``WireError/transport(_:)`` with the failure below.
    func next() throws(WireError) -> UnsafeRawBufferPointer
}

/// Reads the primitives of rsync's protocol from a stream, plain or multiplexed (protocol specification, session 5 and 6).
///
/// Invariant of the pointers: `[position, end)` lies inside the buffer that `source.next()` returned last, which stays
/// valid until the next call of it, and only `refill` calls it. One thread uses an input at a time.
@safe public final class WireInput {
    nonisolated(unsafe) private static let nowhere = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    private let source: any WireSource
    /// Bytes of the logical stream that can be taken without asking the source.
    private var position: UnsafeRawPointer
    private var end: UnsafeRawPointer
    /// End of the source's buffer; beyond `end` lie frame headers and later frames.
    private var bufferEnd: UnsafeRawPointer
    /// Bytes of the current data frame that are not in `[position, end)`.
    private var frameRest = 0
    private var isMultiplexed = false
    private var indexReader = IndexCoder()
    /// Takes the messages between the frames; without one they are dropped, as between handshake and session.
    public weak var messages: (any MessageReceiver)?
    /// Bytes taken from the source so far.
    public private(set) var bytesRead: Int64 = 0
    /// Bytes of those that were handed out, or dropped as frames' heads.
    public var bytesTaken: Int64 { unsafe bytesRead - Int64(bufferEnd - position) }
    /// The negotiated protocol version; decides how indices and 30-style numbers are coded.
    public var dialect = Dialect.newest

    /// Reads from a source.
    public init(source: any WireSource) {
        self.source = source
        // An empty window: its address is never read.
        unsafe position = UnsafeRawPointer(Self.nowhere)
        unsafe end = position
        unsafe bufferEnd = position
    }

    /// From here on the stream consists of frames.
    public func startMultiplexing() {
        guard !isMultiplexed else { return }
        isMultiplexed = true
        frameRest = 0
        // What is left of the buffer is not data yet: a frame header comes first.
        unsafe bufferEnd = end
        unsafe end = position
    }

    /// How many bytes can be taken without waiting for the source.
    public var buffered: Int { unsafe end - position }

    // MARK: fields

    /// Reads one byte.
    public func byte(_ field: StaticString) throws(WireError) -> UInt8 {
        if unsafe position == end { try refill(field) }
        let value = unsafe position.load(as: UInt8.self)
        unsafe position += 1
        return value
    }

    /// Reads two bytes, little-endian.
    public func uint16(_ field: StaticString) throws(WireError) -> UInt16 {
        UInt16(truncatingIfNeeded: try littleEndian(count: 2, field))
    }

    /// Reads four bytes, little-endian two's complement.
    public func int32(_ field: StaticString) throws(WireError) -> Int32 {
        if buffered >= 4 {
            let value = unsafe position.loadUnaligned(as: UInt32.self)
            unsafe position += 4
            return Int32(bitPattern: UInt32(littleEndian: value))
        }
        return Int32(truncatingIfNeeded: try littleEndian(count: 4, field))
    }

    /// Reads a longint: 4 bytes, or `ff ff ff ff` and 8 bytes (protocol specification, session 5.1).
    public func longint(_ field: StaticString) throws(WireError) -> Int64 {
        let short = try int32(field)
        guard short == -1 else { return Int64(short) }
        return try littleEndian(count: 8, field)
    }

    /// Reads a varint (protocol specification, session 5.2).
    public func varint(_ field: StaticString) throws(WireError) -> Int32 {
        let first = try byte(field)
        guard first >= 0x80 else { return Int32(first) }
        let extra = (~first).leadingZeroBitCount
        guard extra <= 4 else { throw .malformed("overlong varint in \(field)") }
        var value = UInt64(bitPattern: try littleEndian(count: extra, field))
        if extra < 4 { value |= UInt64(first & (0xff >> UInt8(extra + 1))) << UInt64(8 * extra) }
        return Int32(truncatingIfNeeded: value)
    }

    /// Reads a varlong of at least `minimum` bytes (protocol specification, session 5.3).
    public func varlong(_ minimum: Int, _ field: StaticString) throws(WireError) -> Int64 {
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
    public func varint30(_ field: StaticString) throws(WireError) -> Int32 {
        dialect.hasVariableIntegers ? try varint(field) : try int32(field)
    }

    /// Reads a varlong from protocol 30 on, a longint before.
    public func varlong30(_ minimum: Int, _ field: StaticString) throws(WireError) -> Int64 {
        dialect.hasVariableIntegers ? try varlong(minimum, field) : try longint(field)
    }

    /// Reads a vstring of at most `limit` bytes (protocol specification, session 5.4).
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with `tooLong` as its code when the length is over the limit.
    public func vstring(limit: Int, tooLong: Int32, _ field: StaticString) throws(WireError) -> [UInt8] {
        var length = Int(try byte(field))
        if length >= 0x80 { length = (length - 0x80) << 8 | Int(try byte(field)) }
        guard length <= limit else {
            throw .violation("\(field) of \(length) bytes is longer than \(limit)", exitCode: tooLong)
        }
        return try bytes(length, field)
    }

    /// Reads a file index or one of the special values (protocol specification, session 5.5).
    public func index(_ field: StaticString = "an index") throws(WireError) -> Int32 {
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
    public func bytes(_ count: Int, _ field: StaticString) throws(WireError) -> [UInt8] {
        var result: [UInt8] = []
        try append(count, to: &result, field)
        return result
    }

    /// Reads exactly `count` bytes to the end of an array.
    public func append(_ count: Int, to array: inout [UInt8], _ field: StaticString) throws(WireError) {
        var rest = count
        while rest > 0 {
            let piece = unsafe try chunk(limit: rest, field)
            unsafe array.append(contentsOf: piece)
            rest -= piece.count
        }
    }

    /// Takes between 1 and `limit` bytes without copying them.
    ///
    /// - Returns: Bytes that are valid until the next call of any method of this input.
    public func chunk(limit: Int, _ field: StaticString) throws(WireError) -> UnsafeRawBufferPointer {
        if unsafe position == end { try refill(field) }
        let count = min(limit, buffered)
        let piece = unsafe UnsafeRawBufferPointer(start: position, count: count)
        unsafe position += count
        return unsafe piece
    }

    /// Waits until there is a byte to read, or the stream has ended.
    ///
    /// - Returns: False at the end of the stream.
    public func hasMore() throws(WireError) -> Bool {
        if unsafe position != end { return true }
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

    /// Makes `[position, end)` not empty, unless the stream has ended between frames: then it returns false.
    private func refillOrEnd() throws(WireError) -> Bool {
        guard isMultiplexed else { return try fetch() ? openWindow(limit: .max) : false }
        while true {
            if frameRest > 0 {
                if unsafe end == bufferEnd, try !fetch() { throw .ended(field: "the rest of a frame") }
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
        if unsafe end == bufferEnd, try !fetch() { return nil }
        let header = try frameBytes(4, "a frame header")
        return header.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Takes bytes that lie beyond the window, across buffers when need be.
    private func frameBytes(_ count: Int, _ field: StaticString) throws(WireError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count {
            if unsafe end == bufferEnd, try !fetch() { throw .ended(field: "\(field)") }
            let piece = unsafe min(count - result.count, bufferEnd - end)
            unsafe result.append(contentsOf: UnsafeRawBufferPointer(start: end, count: piece))
            unsafe end += piece
            unsafe position = end
        }
        return result
    }

    /// Moves the window over at most `limit` bytes of what the buffer still holds.
    private func openWindow(limit: Int) -> Bool {
        let count = unsafe min(limit, bufferEnd - end)
        unsafe position = end
        unsafe end += count
        if isMultiplexed { frameRest -= count }
        return true
    }

    /// Gets the source's next buffer, the window empty at its start; false at the end of the stream.
    private func fetch() throws(WireError) -> Bool {
        let buffer = unsafe try source.next()
        guard let start = buffer.baseAddress, buffer.count > 0 else { return false }
        bytesRead += Int64(buffer.count)
        unsafe position = start
        unsafe end = start
        unsafe bufferEnd = start + buffer.count
        return true
    }
}
