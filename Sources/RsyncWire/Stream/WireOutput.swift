import LinuxSystem
package import Checksums

/// Writes the primitives of rsync's protocol to a stream, plain or multiplexed (protocol specification, session 5 and 6).
///
/// Bytes are collected in one buffer, framed in place, and passed to the sink when the buffer is full or at
/// ``flush()``.
///
/// `memory` is that of `buffer`, which only this output may access until it sends it; `count` and `frameStart` never
/// exceed `capacity`. One thread owns an output: messages of other threads are handed to it.
package final class WireOutput {
    /// The largest payload of a frame: every released rsync accepts this much at once.
    static let frameLimit = 32 * 1024 + 8
    private static let headerLength = 4

    private let sink: any WireSink
    private var buffer: OutputBuffer
    private var memory: ByteMemory
    private let capacity: Int
    private var count = 0
    /// The offset of the open data frame's header; -1 when no frame is open.
    private var frameStart = -1
    private var isMultiplexed = false
    private var indexWriter = IndexCoder()
    /// Bytes handed to the sink so far.
    package private(set) var bytesWritten: Int64 = 0
    /// The number of bytes in the buffer.
    package var pending: Int { count }
    /// The time of the last write to the sink; for keep-alives.
    package private(set) var lastFlush = ContinuousClock.now
    /// Whether the peer has been told that this side ends (protocol specification, session 9.3).
    package private(set) var hasToldExit = false
    /// The negotiated dialect; determines the encoding of indexes and 30-style numbers.
    package var dialect = Dialect.newest

    /// Writes to a sink.
    ///
    /// - Parameters:
    ///   - sink: Gets the full buffers.
    ///   - capacity: The number of bytes to collect before the sink is called; at least 128 KiB.
    package init(sink: any WireSink, capacity: Int = 1 << 20) {
        precondition(capacity >= 128 * 1024)
        self.sink = sink
        self.capacity = capacity
        buffer = OutputBuffer(capacity: capacity)
        memory = buffer.memory
    }

    /// From now on, the stream consists of frames; what was written before is sent unframed.
    package func startMultiplexing() {
        isMultiplexed = true
    }

    /// Writes bytes without frames although the stream has them, between two frames.
    ///
    /// - Parameter write: Writes all of them.
    /// - Throws: ``WireError/transport(_:)`` when they could not be written.
    package func unframed(_ write: () throws(WireError) -> Void) throws(WireError) {
        let wasMultiplexed = isMultiplexed
        try flush()
        isMultiplexed = false
        try write()
        try flush()
        isMultiplexed = wasMultiplexed
    }

    // MARK: fields

    /// Writes one byte.
    package func byte(_ value: UInt8) throws(WireError) {
        let place = try reserve(1)
        memory.store(value, at: place)
        commit(1)
    }

    /// Writes two bytes, little-endian.
    package func uint16(_ value: UInt16) throws(WireError) {
        try littleEndian(UInt64(value), count: 2)
    }

    /// Writes four bytes, little-endian two's complement.
    package func int32(_ value: Int32) throws(WireError) {
        let place = try reserve(4)
        memory.store(value, at: place)
        commit(4)
    }

    /// Writes a longint (protocol specification, session 5.1).
    package func longint(_ value: Int64) throws(WireError) {
        if let short = Int32(exactly: value), short >= 0 { return try int32(short) }
        try int32(-1)
        try littleEndian(UInt64(bitPattern: value), count: 8)
    }

    /// Writes a varint in its shortest form (protocol specification, session 5.2).
    package func varint(_ value: Int32) throws(WireError) {
        let bits = UInt32(bitPattern: value)
        let significant = max(1, (39 - bits.leadingZeroBitCount) / 8)
        let top = bits >> UInt32(8 * (significant - 1))
        if top < 1 << UInt32(8 - significant) {
            let first = Self.prefix(ones: significant - 1) | UInt8(top)
            let low = UInt64(bits) & ((1 << UInt64(8 * (significant - 1))) - 1)
            try littleEndian(UInt64(first) | low << 8, count: significant)
        } else {
            try littleEndian(UInt64(Self.prefix(ones: significant)) | UInt64(bits) << 8, count: significant + 1)
        }
    }

    /// Writes a varlong of at least `minimum` bytes (protocol specification, session 5.3).
    package func varlong(_ value: Int64, _ minimum: Int) throws(WireError) {
        let bits = UInt64(bitPattern: value)
        let significant = max(minimum, (71 - bits.leadingZeroBitCount) / 8)
        let extra = significant - minimum
        let top = bits >> UInt64(8 * (significant - 1))
        if top < 1 << UInt64(7 - extra), extra < 7 {
            try byte(Self.prefix(ones: extra) | UInt8(top))
            try littleEndian(bits, count: significant - 1)
        } else {
            try byte(Self.prefix(ones: extra + 1))
            try littleEndian(bits, count: significant)
        }
    }

    /// Writes a varint from protocol 30 on, an int before.
    package func varint30(_ value: Int32) throws(WireError) {
        if dialect.hasVariableIntegers { try varint(value) } else { try int32(value) }
    }

    /// Writes a varlong from protocol 30 on, a longint before.
    package func varlong30(_ value: Int64, _ minimum: Int) throws(WireError) {
        if dialect.hasVariableIntegers { try varlong(value, minimum) } else { try longint(value) }
    }

    /// Writes a vstring (protocol specification, session 5.4).
    ///
    /// - Parameter bytes: At most 32767 bytes.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func vstring(_ bytes: [UInt8]) throws(WireError) {
        precondition(bytes.count <= 0x7fff)
        if bytes.count >= 0x80 { try byte(0x80 | UInt8(bytes.count >> 8)) }
        try byte(UInt8(truncatingIfNeeded: bytes.count))
        try self.bytes(bytes)
    }

    /// Writes a file index or one of the special values (protocol specification, session 5.5).
    package func index(_ value: Int32) throws(WireError) {
        guard dialect.hasIndexDifferences else { return try int32(value) }
        let (bytes, count) = indexWriter.encoded(value)
        try littleEndian(bytes, count: count)
    }

    /// Writes bytes as they are.
    package func bytes(_ bytes: [UInt8]) throws(WireError) {
        try self.bytes(bytes.span.rawBytes)
    }

    /// Writes bytes as they are, in as many frames as necessary.
    package func bytes(_ bytes: RawSpan) throws(WireError) {
        var offset = 0
        while offset < bytes.byteCount {
            let count = min(bytes.byteCount - offset, Self.frameLimit)
            let place = try reserve(count)
            memory.store(bytes.extracting(offset..<offset + count), at: place)
            commit(count)
            offset += count
        }
    }

    /// Writes the first bytes of a digest.
    package func digest(_ digest: Digest, length: Int) throws(WireError) {
        let place = try reserve(length)
        for index in 0..<length { memory.store(digest[index], at: place + index) }
        commit(length)
    }

    private func littleEndian(_ value: UInt64, count: Int) throws(WireError) {
        let place = try reserve(8)
        memory.store(value, at: place)
        commit(count)
    }

    private static func prefix(ones: Int) -> UInt8 {
        ones >= 8 ? 0xff : ~(0xff >> UInt8(ones))
    }

    // MARK: buffer

    /// Makes space for up to ``frameLimit`` contiguous bytes in one frame.
    ///
    /// The caller fills some of them and then passes their number to ``commit(_:)`` before any other call.
    ///
    /// - Parameter length: The number of bytes, 1 to 32776.
    /// - Returns: The offset of at least `length` writable bytes in the memory of the buffer.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    func reserve(_ length: Int) throws(WireError) -> Int {
        precondition(length <= Self.frameLimit)
        if count + Self.headerLength + length > capacity { try flush() }
        if isMultiplexed {
            if frameStart >= 0, count + length - frameStart - Self.headerLength > Self.frameLimit { closeFrame() }
            if frameStart < 0 {
                frameStart = count
                count += Self.headerLength
            }
        }
        return count
    }

    /// Writes an integer into reserved space, little-endian.
    @inline(__always)
    func store<Value: FixedWidthInteger>(_ value: Value, at place: Int) { memory.store(value, at: place) }

    /// Writes bytes into reserved space.
    func store(_ bytes: RawSpan, at place: Int) { memory.store(bytes, at: place) }

    /// Reserved space, for another writer.
    func reserved(_ range: Range<Int>) -> MemorySlice { memory[range] }

    /// Adds the first `length` of the reserved bytes to the stream.
    func commit(_ length: Int) {
        count += length
    }

    /// Writes a frame's header now that its length is known; an empty frame is dropped.
    private func closeFrame() {
        guard frameStart >= 0 else { return }
        let length = count - frameStart - Self.headerLength
        if length == 0 {
            count = frameStart
        } else {
            memory.store(7 << 24 | UInt32(length), at: frameStart)
        }
        frameStart = -1
    }

    /// Hands everything written so far to the sink.
    package func flush() throws(WireError) {
        closeFrame()
        guard count > 0 else { return }
        buffer.count = count
        bytesWritten += Int64(count)
        count = 0
        buffer = try sink.send(buffer)
        memory = buffer.memory
        lastFlush = .now
    }

    /// Writes a message after the data written so far.
    ///
    /// - Parameters:
    ///   - tag: The message's tag.
    ///   - payload: At most 5119 bytes, or the fixed length of the tag.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func message(_ tag: MessageTag, _ payload: [UInt8] = []) throws(WireError) {
        precondition(isMultiplexed && tag.allows(length: payload.count))
        if tag == .errorExit { hasToldExit = true }
        closeFrame()
        if count + Self.headerLength + payload.count > capacity { try flush() }
        let header = (UInt32(tag.rawValue) + 7) << 24 | UInt32(payload.count)
        memory.store(header, at: count)
        count += Self.headerLength
        memory.store(payload.span.rawBytes, at: count)
        count += payload.count
    }

    /// Writes a message whose payload is one little-endian integer.
    package func message(_ tag: MessageTag, number: Int32) throws(WireError) {
        let bits = UInt32(bitPattern: number)
        try message(tag, (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
    }

    /// Flushes, or writes an empty data frame if nothing is pending, as a keep-alive.
    package func keepAlive() throws(WireError) {
        if count == 0, isMultiplexed {
            memory.store(UInt32(7 << 24), at: 0)
            count = Self.headerLength
        }
        try flush()
    }
}
