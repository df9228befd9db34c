import CZstd
import LinuxSystem

/// One zstd stream for all files of a direction, flushed but never reset or ended (protocol specification, transfer 13.4).
///
/// Invariant of the pointers: `context` lives from `init` to `deinit`; zstd reads and writes only during a call.
@safe final class ZstdCompressor: LiteralCompressor {
    private let context: OpaquePointer
    private let buffer = ByteMemory(count: TokenFlag.dataLimit)
    private var filled = 0

    init(level: Int?) throws(WireError) {
        guard let context = unsafe ZSTD_createCCtx() else { throw .violation("no memory for zstd", exitCode: 22) }
        unsafe self.context = context
        let wanted = Int32(clamping: level ?? 0)
        let level = wanted == 0 ? ZSTD_defaultCLevel() : max(ZSTD_minCLevel(), min(wanted, ZSTD_maxCLevel()))
        guard unsafe ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)) == 0 else {
            throw .violation("zstd refuses level \(level)", exitCode: 4)
        }
    }

    deinit {
        _ = unsafe ZSTD_freeCCtx(context)
    }

    func startFile() throws(WireError) {}

    func insert(_ bytes: RawSpan) throws(WireError) {}

    func compress(_ bytes: RawSpan, to chunks: ChunkWriter) throws(WireError) {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(WireError) in
            var piece = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            while unsafe piece.pos < piece.size { _ = unsafe try run(ZSTD_e_continue, &piece, to: chunks) }
        }
    }

    func flush(to chunks: ChunkWriter) throws(WireError) {
        var nothing = unsafe ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while unsafe try run(ZSTD_e_flush, &nothing, to: chunks) > 0 {}
        try emit(to: chunks)
    }

    /// Performs one step; writes a full chunk.
    ///
    /// - Returns: A lower bound on the bytes that remain in the compressor.
    private func run(_ end: ZSTD_EndDirective, _ piece: inout ZSTD_inBuffer, to chunks: ChunkWriter) throws(WireError)
        -> Int
    {
        let rest = unsafe buffer.all.withUnsafeMutableBytes { space in
            var place = unsafe ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: filled)
            defer { unsafe filled = place.pos }
            return unsafe ZSTD_compressStream2(context, &place, &piece, end)
        }
        guard ZSTD_isError(rest) == 0 else { throw .malformed("zstd cannot compress") }
        if filled == TokenFlag.dataLimit { try emit(to: chunks) }
        return rest
    }

    private func emit(to chunks: ChunkWriter) throws(WireError) {
        try chunks.write(buffer[0..<filled].bytes)
        filled = 0
    }
}

/// The counterpart of ``ZstdCompressor``; a window of more than 128 MiB is rejected.
///
/// Invariant of the pointers: `context` lives from `init` to `deinit`; `input` refers to the memory of `fed`, the last
/// bytes passed to `feed`.
@safe final class ZstdDecompressor: LiteralDecompressor {
    private static let capacity = 128 * 1024
    private static let windowLogLimit: Int32 = 27
    private let context: OpaquePointer
    private let buffer = ByteMemory(count: capacity)
    private var fed = MemorySlice.empty
    private var input = unsafe ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    /// Whether the last piece filled the buffer, so that more may remain in the decompressor.
    private var mayHoldMore = false

    init() throws(WireError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .violation("no memory for zstd", exitCode: 22) }
        unsafe self.context = context
        _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogLimit)
    }

    deinit {
        _ = unsafe ZSTD_freeDCtx(context)
    }

    func startFile() throws(WireError) {}

    func finishData() throws(WireError) {}

    func insert(_ bytes: RawSpan) throws(WireError) {}

    func feed(_ bytes: MemorySlice, isLast: Bool) throws(WireError) {
        fed = bytes
        unsafe bytes.withUnsafeMutableBytes {
            unsafe input = ZSTD_inBuffer(src: $0.baseAddress, size: $0.count, pos: 0)
        }
    }

    func produce() throws(WireError) -> MemorySlice {
        while unsafe input.pos < input.size || mayHoldMore {
            let (status, count) = unsafe buffer.all.withUnsafeMutableBytes { space in
                var place = unsafe ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
                let status = unsafe ZSTD_decompressStream(context, &place, &input)
                return unsafe (status, place.pos)
            }
            guard ZSTD_isError(status) == 0 else { throw .malformed("zstd data is broken") }
            mayHoldMore = count == Self.capacity
            if count > 0 { return buffer[0..<count] }
        }
        return .empty
    }
}
