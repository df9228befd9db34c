package import LinuxSystem
package import RsyncOptions

/// Writes the delta of one file after the other (protocol specification, transfer 13).
///
/// Per file: any number of ``literal(_:)`` and ``copy(block:count:)``, then ``end()``. One per session and direction:
/// compressors keep their state from file to file. One thread uses a writer.
///
/// `space` is what ``literalSpace(_:)`` handed out and is used up by the next call, ``commitLiteral(_:)``.
package final class TokenWriter {
    /// Literal bytes of one plain token at the most.
    package static let literalLimit = 32 * 1024

    private let output: WireOutput
    private let chunks: ChunkWriter
    private let compressor: (any LiteralCompressor)?
    /// Whether ``matched(_:)`` must be told the bytes of copied blocks.
    package let needsMatchedBytes: Bool
    /// Where literals are read to that are compressed from there.
    private var staging: ByteMemory?
    /// Where the space starts in the output or in `staging`.
    private var space: Int?
    private var hasUnflushedLiteral = false
    private var isInsideFile = false
    /// The run that is not written yet: it may grow.
    private var runStart: Int32 = 0
    private var runCount = 0
    /// The last block of the last run written.
    private var position: Int32 = 0

    /// Writes to an output.
    ///
    /// - Parameters:
    ///   - output: Where the tokens go.
    ///   - compression: What the session agreed on.
    ///   - level: The compressor's level; nil for its default. Levels out of range are clamped.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 when memory is short.
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

    /// Makes room for new bytes, so that a file can be read to where they leave from.
    ///
    /// - Parameter limit: Bytes wanted, at least 1.
    /// - Returns: Room for at most `limit` and at most ``literalLimit`` bytes; write to it before any other call of the
    ///   writer or its output, then say how many with ``commitLiteral(_:)``.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func literalSpace(_ limit: Int) throws(WireError) -> MemorySlice {
        precondition(limit > 0)
        let count = min(limit, Self.literalLimit)
        guard compressor == nil else {
            let room = staging ?? ByteMemory(count: Self.literalLimit, alignment: 4096)
            staging = room
            space = 0
            return room[0..<count]
        }
        let place = try output.reserve(count + 4)
        space = place
        return output.reserved(place + 4..<place + 4 + count)
    }

    /// Takes the first bytes of ``literalSpace(_:)`` as a literal.
    ///
    /// - Parameter count: How many were written there; 0 for none.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func commitLiteral(_ count: Int) throws(WireError) {
        guard let place = space else { preconditionFailure("literalSpace comes first") }
        space = nil
        guard count > 0 else { return }
        if let staging, compressor != nil { return try literalPiece(staging[0..<count].bytes) }
        output.store(Int32(count), at: place)
        output.commit(count + 4)
    }

    /// Writes that blocks of the basis come next.
    ///
    /// - Parameters:
    ///   - block: The first one.
    ///   - count: How many adjacent ones, at least 1.
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
    /// - Parameter bytes: The bytes of one whole block. Blocks come one by one, in the order of ``copy(block:count:)``.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func matched(_ bytes: RawSpan) throws(WireError) {
        guard needsMatchedBytes, let compressor else { return }
        try insertHistory(bytes, in: output.dialect) { (piece) throws(WireError) in try compressor.insert(piece) }
    }

    /// Ends the file; its whole-file sum is the caller's to write.
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

/// Hands out the pieces in which a matched block enters zlib's history.
///
/// Before protocol 31 rsync repeated the first
/// bytes of a block of more than 65535, and both ends must do the same (protocol specification, transfer 13.3).
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
