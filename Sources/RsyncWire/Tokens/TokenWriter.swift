package import LinuxSystem
package import RsyncOptions

/// Writes the deltas of files (protocol specification, transfer 13).
///
/// Per file: any number of ``literal(_:)`` and ``copy(block:count:)``, then ``end()``. One per session and direction:
/// compressors keep their state from file to file. One thread uses a writer.
///
/// `space` is what ``literalSpace(_:)`` returned, and is consumed by the next call, ``commitLiteral(_:)``.
package final class TokenWriter {
    /// The most literal bytes in a plain token.
    package static let literalLimit = 32 * 1024

    private let output: WireOutput
    private let chunks: ChunkWriter
    private let compressor: (any LiteralCompressor)?
    /// Whether the bytes of copied blocks must be passed to ``matched(_:)``.
    package let needsMatchedBytes: Bool
    /// The buffer for literals that are to be compressed.
    private var staging: ByteMemory?
    /// The start of the space in the output or in `staging`.
    private var space: Int?
    private var hasUnflushedLiteral = false
    private var isInsideFile = false
    /// The first block of the run that is not written yet, because it may grow.
    private var runStart: Int32 = 0
    private var runCount = 0
    /// The last block of the last run written.
    private var position: Int32 = 0

    /// Writes to an output.
    ///
    /// - Parameters:
    ///   - output: The stream to write to.
    ///   - compression: The session's compression.
    ///   - level: The compressor's level; nil for its default. Levels out of range are clamped.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 when out of memory.
    package init(output: WireOutput, compression: CompressionAlgorithm, level: Int? = nil) throws(WireError) {
        self.output = output
        chunks = ChunkWriter(output)
        needsMatchedBytes = compression == .zlib
        compressor = try compression.makeCompressor(level: level)
    }

    /// Writes new bytes.
    ///
    /// - Parameter bytes: Any number.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func literal(_ bytes: RawSpan) throws(WireError) {
        var offset = 0
        while offset < bytes.byteCount {
            let count = min(bytes.byteCount - offset, Self.literalLimit)
            try literalPiece(bytes.extracting(offset..<offset + count))
            offset += count
        }
    }

    /// Makes space for new bytes, so that a file can be read directly into the memory that they are sent from.
    ///
    /// - Parameter limit: The most bytes wanted, at least 1.
    /// - Returns: Space for at most `limit` and at most ``literalLimit`` bytes; write to it before any other call of
    ///   the writer or its output, then pass the number of bytes to ``commitLiteral(_:)``.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func literalSpace(_ limit: Int) throws(WireError) -> MemorySlice {
        precondition(limit > 0)
        let count = min(limit, Self.literalLimit)
        guard compressor == nil else {
            let memory = staging ?? ByteMemory(count: Self.literalLimit, alignment: 4096)
            staging = memory
            space = 0
            return memory[0..<count]
        }
        let place = try output.reserve(count + 4)
        space = place
        return output.reserved(place + 4..<place + 4 + count)
    }

    /// Writes the first bytes of ``literalSpace(_:)`` as a literal.
    ///
    /// - Parameter count: The number of bytes written there; may be 0.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func commitLiteral(_ count: Int) throws(WireError) {
        guard let place = space else { preconditionFailure("literalSpace comes first") }
        space = nil
        guard count > 0 else { return }
        if let staging, compressor != nil { return try literalPiece(staging[0..<count].bytes) }
        output.store(Int32(count), at: place)
        output.commit(count + 4)
    }

    /// Writes a run of blocks of the basis.
    ///
    /// - Parameters:
    ///   - block: The first block.
    ///   - count: The number of adjacent blocks, at least 1.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func copy(block: Int32, count: Int) throws(WireError) {
        precondition(block >= 0 && count > 0 && Int(block) + count <= Int(Int32.max))
        guard let compressor else { return try plainCopy(block, count) }
        try startFileIfNeeded()
        if hasUnflushedLiteral {
            try compressor.flush(to: chunks)
            hasUnflushedLiteral = false
        }
        var next = block
        var rest = count
        while rest > 0 {
            if runCount > 0, next != runStart + Int32(runCount) || runCount == TokenFlag.runLimit { try writeRun() }
            if runCount == 0 { runStart = next }
            let taken = min(rest, TokenFlag.runLimit - runCount)
            runCount += taken
            next += Int32(taken)
            rest -= taken
        }
    }

    /// Adds a block that was just copied to the compressor's history; only useful when ``needsMatchedBytes``.
    ///
    /// - Parameter bytes: The bytes of one whole block. Blocks are passed one by one, in the order of
    ///   ``copy(block:count:)``.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func matched(_ bytes: RawSpan) throws(WireError) {
        guard needsMatchedBytes, let compressor else { return }
        try insertHistory(bytes, in: output.dialect) { (piece) throws(WireError) in try compressor.insert(piece) }
    }

    /// Ends the file; the caller writes its whole-file checksum.
    package func end() throws(WireError) {
        guard let compressor else { return try output.int32(0) }
        try startFileIfNeeded()
        try writeRun()
        if hasUnflushedLiteral {
            try compressor.flush(to: chunks)
            hasUnflushedLiteral = false
        }
        try output.byte(TokenFlag.end)
        isInsideFile = false
    }

    private func startFileIfNeeded() throws(WireError) {
        guard !isInsideFile else { return }
        isInsideFile = true
        position = 0
        try compressor?.startFile()
    }

    private func literalPiece(_ bytes: RawSpan) throws(WireError) {
        if let compressor {
            try startFileIfNeeded()
            try writeRun()
            hasUnflushedLiteral = true
            try compressor.compress(bytes, to: chunks)
        } else {
            let place = try output.reserve(bytes.byteCount + 4)
            output.store(Int32(bytes.byteCount), at: place)
            output.store(bytes, at: place + 4)
            output.commit(bytes.byteCount + 4)
        }
    }

    private func plainCopy(_ block: Int32, _ count: Int) throws(WireError) {
        let perPiece = WireOutput.frameLimit / 4
        var next = block
        var rest = count
        while rest > 0 {
            let piece = min(rest, perPiece)
            let place = try output.reserve(piece * 4)
            for offset in 0..<piece { output.store(~(next + Int32(offset)), at: place + offset * 4) }
            output.commit(piece * 4)
            next += Int32(piece)
            rest -= piece
        }
    }

    private func writeRun() throws(WireError) {
        guard runCount > 0 else { return }
        let distance = Int(runStart) - Int(position)
        let isRun = runCount > 1
        if (0...63).contains(distance) {
            try output.byte((isRun ? TokenFlag.relativeRun : TokenFlag.relative) | UInt8(distance))
        } else {
            try output.byte(isRun ? TokenFlag.longRun : TokenFlag.long)
            try output.int32(runStart)
        }
        if isRun { try output.uint16(UInt16(runCount - 1)) }
        position = runStart + Int32(runCount - 1)
        runCount = 0
    }
}

/// Passes on the pieces in which a matched block enters zlib's history.
///
/// Before protocol 31 rsync repeated the first bytes of a block of more than 65535, and both ends must do the same
/// (protocol specification, transfer 13.3).
func insertHistory(
    _ block: RawSpan,
    in dialect: Dialect,
    _ insert: (RawSpan) throws(WireError) -> Void
) throws(WireError) {
    var offset = 0
    while offset < block.byteCount {
        let count = min(0xffff, block.byteCount - offset)
        let start = dialect.insertsWholeBlocks ? offset : 0
        try insert(block.extracting(start..<start + count))
        offset += count
    }
}
