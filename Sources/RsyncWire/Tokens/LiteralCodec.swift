import LinuxSystem
import RsyncOptions

/// Compresses the literal bytes of one direction of a session.
protocol LiteralCompressor: AnyObject {
    /// Compresses bytes; output may be written now or later.
    func compress(_ bytes: RawSpan, to chunks: ChunkWriter) throws(WireError)
    /// Writes everything compressed so far.
    func flush(to chunks: ChunkWriter) throws(WireError)
    /// Adds bytes that the peer already has to the history; only called after a flush.
    func insert(_ bytes: RawSpan) throws(WireError)
    func startFile() throws(WireError)
}

/// Decompresses the literal bytes of one direction of a session.
protocol LiteralDecompressor: AnyObject {
    /// Takes compressed bytes, which must not change until `produce` has returned an empty piece.
    ///
    /// - Parameters:
    ///   - bytes: At least one byte.
    ///   - isLast: Whether the chunk ends with them.
    /// - Throws: ``WireError`` when the compressed stream is broken.
    func feed(_ bytes: MemorySlice, isLast: Bool) throws(WireError)
    /// The next literal bytes, which stay valid until the next call of any method; empty when more must be fed.
    func produce() throws(WireError) -> MemorySlice
    /// Called when data is followed by something other than data.
    func finishData() throws(WireError)
    /// Adds bytes of matched blocks to the history.
    func insert(_ bytes: RawSpan) throws(WireError)
    func startFile() throws(WireError)
}

/// Writes compressed chunks with their two length bytes.
final class ChunkWriter {
    private let output: WireOutput

    init(_ output: WireOutput) { self.output = output }

    /// Writes one chunk of 1 to 16383 bytes.
    func write(_ bytes: RawSpan) throws(WireError) {
        let count = bytes.byteCount
        guard count > 0 else { return }
        precondition(count <= TokenFlag.dataLimit)
        let place = try output.reserve(count + 2)
        output.store(TokenFlag.data | UInt8(count >> 8), at: place)
        output.store(UInt8(truncatingIfNeeded: count), at: place + 1)
        output.store(bytes, at: place + 2)
        output.commit(count + 2)
    }
}

extension CompressionAlgorithm {
    /// A compressor; nil for `none`.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 when out of memory.
    func makeCompressor(level: Int?) throws(WireError) -> (any LiteralCompressor)? {
        switch self {
        case .none: nil
        case .zlib, .zlibx: try ZlibCompressor(level: level)
        case .zstd: try ZstdCompressor(level: level)
        case .lz4: LZ4Compressor()
        }
    }

    /// A decompressor; nil for `none`.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 when out of memory.
    func makeDecompressor() throws(WireError) -> (any LiteralDecompressor)? {
        switch self {
        case .none: nil
        case .zlib, .zlibx: try ZlibDecompressor()
        case .zstd: try ZstdDecompressor()
        case .lz4: LZ4Decompressor()
        }
    }
}
