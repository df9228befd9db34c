import CLZ4

/// Independent LZ4 blocks (protocol specification, transfer 13.5).
///
/// Invariant of the pointer: `buffer` lives from `init` to `deinit` and has room for one chunk.
@safe final class LZ4Compressor: LiteralCompressor {
    private let buffer: UnsafeMutablePointer<CChar>

    init() { unsafe buffer = .allocate(capacity: TokenFlag.dataLimit) }

    deinit { unsafe buffer.deallocate() }

    func startFile() throws(WireError) {}

    func flush(to chunks: ChunkWriter) throws(WireError) {}

    func insert(_ bytes: UnsafeRawBufferPointer) throws(WireError) {}

    func compress(_ bytes: UnsafeRawBufferPointer, to chunks: ChunkWriter) throws(WireError) {
        guard var position = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return }
        var rest = bytes.count
        while rest > 0 {
            var taken = min(rest, TokenFlag.dataLimit)
            var length = unsafe LZ4_compress_default(position, buffer, Int32(taken), Int32(TokenFlag.dataLimit))
            while length <= 0, taken > 1 {
                taken /= 2
                length = unsafe LZ4_compress_default(position, buffer, Int32(taken), Int32(TokenFlag.dataLimit))
            }
            guard length > 0 else { throw .malformed("lz4 cannot compress") }
            unsafe try chunks.write(UnsafeRawBufferPointer(start: buffer, count: Int(length)))
            unsafe position += taken
            rest -= taken
        }
    }
}

/// The other end of ``LZ4Compressor``.
///
/// Invariant of the pointers: both buffers live from `init` to `deinit`; `gathered` never exceeds one chunk.
@safe final class LZ4Decompressor: LiteralDecompressor {
    /// What a peer's block may decompress to: LZ4's bound of 32768 bytes.
    private static let capacity = 32768 + 32768 / 255 + 16
    private let chunk: UnsafeMutablePointer<CChar>
    private let buffer: UnsafeMutablePointer<CChar>
    private var gathered = 0
    private var produced = 0

    init() {
        unsafe chunk = .allocate(capacity: TokenFlag.dataLimit)
        unsafe buffer = .allocate(capacity: Self.capacity)
    }

    deinit {
        unsafe chunk.deallocate()
        unsafe buffer.deallocate()
    }

    func startFile() throws(WireError) { gathered = 0 }

    func finishData() throws(WireError) {}

    func insert(_ bytes: UnsafeRawBufferPointer) throws(WireError) {}

    func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(WireError) {
        guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return }
        if isLast, gathered == 0 { return unsafe try decompress(start, bytes.count) }
        precondition(gathered + bytes.count <= TokenFlag.dataLimit)
        unsafe (chunk + gathered).update(from: start, count: bytes.count)
        gathered += bytes.count
        guard isLast else { return }
        let length = gathered
        gathered = 0
        unsafe try decompress(chunk, length)
    }

    func produce() throws(WireError) -> UnsafeRawBufferPointer {
        defer { produced = 0 }
        return unsafe UnsafeRawBufferPointer(start: buffer, count: produced)
    }

    private func decompress(_ start: UnsafePointer<CChar>, _ count: Int) throws(WireError) {
        let length = unsafe LZ4_decompress_safe(start, buffer, Int32(count), Int32(Self.capacity))
        guard length >= 0 else { throw .malformed("lz4 data is broken") }
        produced = Int(length)
    }
}
