import CZlib
import LinuxSystem

/// Raw deflate, reset for every file; the last four bytes of each flush are omitted (protocol specification, transfer
/// 13.3).
///
/// Invariant of the pointers: `stream` is allocated once and freed in `deinit`; zlib stores its address. `next_in` is
/// read only while the caller's bytes are valid, within `compress`; `next_out` is in `buffer`.
@safe final class ZlibCompressor: LiteralCompressor {
    private static let marker = 4
    private static let capacity = TokenFlag.dataLimit + marker
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer = ByteMemory(count: capacity)
    /// The number of compressed bytes in `buffer`; the last four may turn out to be the marker that is not sent.
    private var filled = 0

    init(level: Int?) throws(WireError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let level = level.map { Int32(clamping: max(-1, min($0, 9))) } ?? Z_DEFAULT_COMPRESSION
        guard unsafe dvm_deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK else {
            throw .violation("no memory for zlib", exitCode: 22)
        }
    }

    deinit {
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func startFile() throws(WireError) {
        filled = 0
        guard unsafe deflateReset(stream) == Z_OK else { throw .malformed("deflate cannot be reset") }
    }

    func compress(_ bytes: RawSpan, to chunks: ChunkWriter) throws(WireError) {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(WireError) in
            unsafe stream.pointee.setInput(bytes)
            while unsafe stream.pointee.avail_in > 0 { try deflateOnce(Z_NO_FLUSH, to: chunks) }
        }
    }

    func flush(to chunks: ChunkWriter) throws(WireError) {
        unsafe stream.pointee.avail_in = 0
        repeat { try deflateOnce(Z_SYNC_FLUSH, to: chunks) } while unsafe stream.pointee.avail_out == 0
        try chunks.write(buffer[0..<filled - Self.marker].bytes)
        filled = 0
    }

    func insert(_ bytes: RawSpan) throws(WireError) {
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe deflateSetDictionary(stream, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(bytes.count))
        }
        guard status == Z_OK else {
            throw .malformed("deflate does not take history")
        }
    }

    private func deflateOnce(_ flush: Int32, to chunks: ChunkWriter) throws(WireError) {
        if filled == Self.capacity {
            try chunks.write(buffer[0..<TokenFlag.dataLimit].bytes)
            buffer.moveToFront(TokenFlag.dataLimit..<Self.capacity)
            filled = Self.marker
        }
        unsafe stream.pointee.setOutput(buffer[filled..<Self.capacity])
        let status = unsafe deflate(stream, flush)
        guard status == Z_OK || status == Z_BUF_ERROR else { throw .malformed("deflate failed with \(status)") }
        filled = unsafe Self.capacity - Int(stream.pointee.avail_out)
    }
}

/// The counterpart of ``ZlibCompressor``.
///
/// Invariant of the pointers: as there; `next_in` is in `fed`, the last bytes passed to `feed`.
@safe final class ZlibDecompressor: LiteralDecompressor {
    private static let capacity = 64 * 1024
    private let stream: UnsafeMutablePointer<z_stream>
    private var fed = MemorySlice.empty
    private let buffer = ByteMemory(count: capacity)

    init() throws(WireError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe dvm_inflateInit2(stream, -15) == Z_OK else { throw .violation("no memory for zlib", exitCode: 22) }
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func startFile() throws(WireError) {
        unsafe stream.pointee.avail_in = 0
        guard unsafe inflateReset(stream) == Z_OK else { throw .malformed("inflate cannot be reset") }
    }

    func feed(_ bytes: MemorySlice, isLast: Bool) throws(WireError) {
        fed = bytes
        unsafe bytes.withUnsafeMutableBytes { unsafe stream.pointee.setInput(UnsafeRawBufferPointer($0)) }
    }

    func produce() throws(WireError) -> MemorySlice {
        unsafe stream.pointee.setOutput(buffer.all)
        let status = unsafe inflate(stream, Z_SYNC_FLUSH)
        guard status == Z_OK || status == Z_BUF_ERROR else { throw .malformed("inflate failed with \(status)") }
        return buffer[0..<Self.capacity - Int(unsafe stream.pointee.avail_out)]
    }

    func finishData() throws(WireError) {
        guard unsafe inflateSyncPoint(stream) == 1 else { throw .malformed("compressed data stops in mid-block") }
        let marker: [4 of UInt8] = [0x00, 0x00, 0xff, 0xff]
        try feed(MemorySlice(copying: marker.span), isLast: true)
        let surplus = try produce()
        guard surplus.isEmpty, unsafe stream.pointee.avail_in == 0 else {
            throw .malformed("compressed data goes on after its end")
        }
    }

    func insert(_ bytes: RawSpan) throws(WireError) {
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe inflateSetDictionary(stream, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(bytes.count))
        }
        guard status == Z_OK else {
            throw .malformed("inflate does not take history")
        }
    }
}

extension z_stream {
    /// Sets the next input, which must stay readable until it has been read.
    fileprivate mutating func setInput(_ bytes: UnsafeRawBufferPointer) {
        unsafe next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        unsafe avail_in = UInt32(bytes.count)
    }

    /// Sets the next output; the owner of the stream keeps the memory.
    fileprivate mutating func setOutput(_ space: MemorySlice) {
        unsafe space.withUnsafeMutableBytes { space in
            unsafe next_out = space.bindMemory(to: UInt8.self).baseAddress
            unsafe avail_out = UInt32(space.count)
        }
    }
}
