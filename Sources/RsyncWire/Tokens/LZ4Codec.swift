import CLZ4
import LinuxSystem

/// Independent LZ4 blocks (protocol specification, transfer 13.5).
///
/// Invariant: LZ4 reads and writes only during a call, within the lengths that it is given.
final class LZ4Compressor: LiteralCompressor {
    private let buffer = ByteMemory(count: TokenFlag.dataLimit)

    func startFile() throws(WireError) {}

    func flush(to chunks: ChunkWriter) throws(WireError) {}

    func insert(_ bytes: RawSpan) throws(WireError) {}

    func compress(_ bytes: RawSpan, to chunks: ChunkWriter) throws(WireError) {
        var position = 0
        while position < bytes.byteCount {
            var taken = min(bytes.byteCount - position, TokenFlag.dataLimit)
            var length = compressOnce(bytes.extracting(position..<position + taken))
            while length <= 0, taken > 1 {
                taken /= 2
                length = compressOnce(bytes.extracting(position..<position + taken))
            }
            guard length > 0 else { throw .malformed("lz4 cannot compress") }
            try chunks.write(buffer[0..<length].bytes)
            position += taken
        }
    }

    /// Compresses into the buffer.
    ///
    /// - Returns: The compressed length in bytes; 0 if the result does not fit.
    private func compressOnce(_ bytes: RawSpan) -> Int {
        unsafe bytes.withUnsafeBytes { source in
            unsafe buffer.all.withUnsafeMutableBytes { target in
                let from = unsafe source.bindMemory(to: CChar.self)
                let to = unsafe target.bindMemory(to: CChar.self)
                return unsafe Int(
                    LZ4_compress_default(from.baseAddress, to.baseAddress, Int32(from.count), Int32(to.count))
                )
            }
        }
    }
}

/// The counterpart of ``LZ4Compressor``.
final class LZ4Decompressor: LiteralDecompressor {
    /// The largest decompressed size of a peer's block: LZ4's bound for 32768 bytes.
    private static let capacity = 32768 + 32768 / 255 + 16
    /// A chunk that arrives in several pieces.
    private let chunk = ByteMemory(count: TokenFlag.dataLimit)
    private let buffer = ByteMemory(count: capacity)
    private var gathered = 0
    private var produced = 0

    func startFile() throws(WireError) { gathered = 0 }

    func finishData() throws(WireError) {}

    func insert(_ bytes: RawSpan) throws(WireError) {}

    func feed(_ bytes: MemorySlice, isLast: Bool) throws(WireError) {
        if isLast, gathered == 0 { return try decompress(bytes) }
        chunk.store(bytes.bytes, at: gathered)
        gathered += bytes.count
        guard isLast else { return }
        let whole = chunk[0..<gathered]
        gathered = 0
        try decompress(whole)
    }

    func produce() throws(WireError) -> MemorySlice {
        defer { produced = 0 }
        return buffer[0..<produced]
    }

    private func decompress(_ bytes: MemorySlice) throws(WireError) {
        let length = unsafe bytes.withUnsafeMutableBytes { source in
            unsafe buffer.all.withUnsafeMutableBytes { target in
                let from = unsafe source.bindMemory(to: CChar.self)
                let to = unsafe target.bindMemory(to: CChar.self)
                return unsafe LZ4_decompress_safe(
                    from.baseAddress,
                    to.baseAddress,
                    Int32(from.count),
                    Int32(to.count)
                )
            }
        }
        guard length >= 0 else { throw .malformed("lz4 data is broken") }
        produced = Int(length)
    }
}
