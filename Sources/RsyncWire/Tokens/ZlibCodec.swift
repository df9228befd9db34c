import CZlib

/// Raw deflate, reset for every file; each flush loses its last four bytes (protocol specification, transfer 13.3).
///
/// Invariant of the pointers: `stream` and `buffer` are allocated once and freed in `deinit`; zlib keeps the address
/// of `stream`. `next_in` is read only while the caller's bytes are valid, inside `compress`.
@safe final class ZlibCompressor: LiteralCompressor {
    private static let marker = 4
    private static let capacity = TokenFlag.dataLimit + marker
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer: UnsafeMutablePointer<UInt8>
    /// Compressed bytes in `buffer`; the last four may turn out to be the marker that does not travel.
    private var filled = 0

    init(level: Int?) throws(WireError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe buffer = .allocate(capacity: Self.capacity)
        let level = level.map { Int32(clamping: max(-1, min($0, 9))) } ?? Z_DEFAULT_COMPRESSION
        guard unsafe dvm_deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK else {
            throw .violation("no memory for zlib", exitCode: 22)
        }
    }

    deinit {
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe buffer.deallocate()
    }

    func startFile() throws(WireError) {
        filled = 0
        guard unsafe deflateReset(stream) == Z_OK else { throw .malformed("deflate cannot be reset") }
    }

    func compress(_ bytes: UnsafeRawBufferPointer, to chunks: ChunkWriter) throws(WireError) {
        let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        unsafe stream.pointee.avail_in = UInt32(bytes.count)
        while unsafe stream.pointee.avail_in > 0 { try deflateOnce(Z_NO_FLUSH, to: chunks) }
    }

    func flush(to chunks: ChunkWriter) throws(WireError) {
        unsafe stream.pointee.avail_in = 0
        repeat { try deflateOnce(Z_SYNC_FLUSH, to: chunks) } while unsafe stream.pointee.avail_out == 0
        unsafe try chunks.write(UnsafeRawBufferPointer(start: buffer, count: filled - Self.marker))
        filled = 0
    }

    func insert(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
        guard unsafe deflateSetDictionary(stream, start, UInt32(bytes.count)) == Z_OK else {
            throw .malformed("deflate does not take history")
        }
    }

    private func deflateOnce(_ flush: Int32, to chunks: ChunkWriter) throws(WireError) {
        if filled == Self.capacity {
            unsafe try chunks.write(UnsafeRawBufferPointer(start: buffer, count: TokenFlag.dataLimit))
            unsafe buffer.update(from: buffer + TokenFlag.dataLimit, count: Self.marker)
            filled = Self.marker
        }
        unsafe stream.pointee.next_out = buffer + filled
        unsafe stream.pointee.avail_out = UInt32(Self.capacity - filled)
        let status = unsafe deflate(stream, flush)
        guard status == Z_OK || status == Z_BUF_ERROR else { throw .malformed("deflate failed with \(status)") }
        filled = unsafe Self.capacity - Int(stream.pointee.avail_out)
    }
}

/// The other end of ``ZlibCompressor``.
///
/// Invariant of the pointers: as there; `next_in` is what `feed` was given last, which stays readable until `produce`
/// has returned an empty piece.
@safe final class ZlibDecompressor: LiteralDecompressor {
    private static let capacity = 64 * 1024
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer: UnsafeMutablePointer<UInt8>

    init() throws(WireError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe buffer = .allocate(capacity: Self.capacity)
        guard unsafe dvm_inflateInit2(stream, -15) == Z_OK else { throw .violation("no memory for zlib", exitCode: 22) }
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        unsafe buffer.deallocate()
    }

    func startFile() throws(WireError) {
        unsafe stream.pointee.avail_in = 0
        guard unsafe inflateReset(stream) == Z_OK else { throw .malformed("inflate cannot be reset") }
    }

    func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(WireError) {
        let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        unsafe stream.pointee.avail_in = UInt32(bytes.count)
    }

    func produce() throws(WireError) -> UnsafeRawBufferPointer {
        unsafe stream.pointee.next_out = buffer
        unsafe stream.pointee.avail_out = UInt32(Self.capacity)
        let status = unsafe inflate(stream, Z_SYNC_FLUSH)
        guard status == Z_OK || status == Z_BUF_ERROR else { throw .malformed("inflate failed with \(status)") }
        return unsafe UnsafeRawBufferPointer(start: buffer, count: Self.capacity - Int(stream.pointee.avail_out))
    }

    func finishData() throws(WireError) {
        guard unsafe inflateSyncPoint(stream) == 1 else { throw .malformed("compressed data stops in mid-block") }
        var marker: (UInt8, UInt8, UInt8, UInt8) = (0x00, 0x00, 0xff, 0xff)
        try unsafe withUnsafeMutableBytes(of: &marker) { (bytes) throws(WireError) in
            unsafe try feed(UnsafeRawBufferPointer(bytes), isLast: true)
            let surplus = unsafe try produce()
            guard surplus.count == 0, unsafe stream.pointee.avail_in == 0 else {
                throw .malformed("compressed data goes on after its end")
            }
        }
    }

    func insert(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
        guard unsafe inflateSetDictionary(stream, start, UInt32(bytes.count)) == Z_OK else {
            throw .malformed("inflate does not take history")
        }
    }
}
