public import RsyncOptions

/// Writes the delta of one file after the other (protocol specification, transfer 13).
///
/// Per file: any number of ``literal(_:)`` and ``copy(block:count:)``, then ``end()``. One per session and direction:
/// compressors keep their state from file to file. One thread uses a writer.
///
/// Invariant of the pointers: `staging` lives from its first use to `deinit`; `space` is what ``literalSpace(_:)``
/// handed out and is used up by the next call, ``commitLiteral(_:)``.
@safe public final class TokenWriter {
    /// Literal bytes of one plain token at the most.
    public static let literalLimit = 32 * 1024

    private let output: WireOutput
    private let chunks: ChunkWriter
    private let compressor: (any LiteralCompressor)?
    /// Whether ``matched(_:)`` must be told the bytes of copied blocks.
    public let needsMatchedBytes: Bool
    private var staging: UnsafeMutableRawPointer?
    private var space: UnsafeMutableRawPointer?
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
    public init(output: WireOutput, compression: CompressionAlgorithm, level: Int? = nil) throws(WireError) {
        self.output = output
        chunks = ChunkWriter(output)
        needsMatchedBytes = compression == .zlib
        compressor = try compression.makeCompressor(level: level)
    }

    deinit { unsafe staging?.deallocate() }

    /// Writes new bytes.
    ///
    /// - Parameter bytes: Any number.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    public func literal(_ bytes: RawSpan) throws(WireError) {
        unsafe try bytes.withUnsafeBytes { (buffer) throws(WireError) in
            guard let start = buffer.baseAddress else { return }
            var offset = 0
            while offset < buffer.count {
                let count = min(buffer.count - offset, Self.literalLimit)
                unsafe try literalPiece(UnsafeRawBufferPointer(start: start + offset, count: count))
                offset += count
            }
        }
    }

    /// Makes room for new bytes, so that a file can be read to where they leave from.
    ///
    /// - Parameter limit: Bytes wanted, at least 1.
    /// - Returns: Room for at most `limit` and at most ``literalLimit`` bytes; write to it before any other call of the
    ///   writer or its output, then say how many with ``commitLiteral(_:)``.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    public func literalSpace(_ limit: Int) throws(WireError) -> UnsafeMutableRawBufferPointer {
        precondition(limit > 0)
        let count = min(limit, Self.literalLimit)
        guard compressor == nil else {
            let room = unsafe staging ?? .allocate(byteCount: Self.literalLimit, alignment: 4096)
            unsafe staging = room
            unsafe space = room
            return unsafe UnsafeMutableRawBufferPointer(start: room, count: count)
        }
        let place = unsafe try output.reserve(count + 4)
        unsafe space = place
        return unsafe UnsafeMutableRawBufferPointer(start: place + 4, count: count)
    }

    /// Takes the first bytes of ``literalSpace(_:)`` as a literal.
    ///
    /// - Parameter count: How many were written there; 0 for none.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    public func commitLiteral(_ count: Int) throws(WireError) {
        guard let place = unsafe space else { preconditionFailure("literalSpace comes first") }
        unsafe space = nil
        guard count > 0 else { return }
        guard compressor == nil else {
            return unsafe try literalPiece(UnsafeRawBufferPointer(start: place, count: count))
        }
        unsafe place.storeBytes(of: Int32(count).littleEndian, as: Int32.self)
        output.commit(count + 4)
    }

    /// Writes that blocks of the basis come next.
    ///
    /// - Parameters:
    ///   - block: The first one.
    ///   - count: How many adjacent ones, at least 1.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    public func copy(block: Int32, count: Int) throws(WireError) {
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
    public func matched(_ bytes: RawSpan) throws(WireError) {
        guard needsMatchedBytes, let compressor else { return }
        unsafe try insertHistory(bytes, in: output.dialect) { (piece) throws(WireError) in
            unsafe try compressor.insert(piece)
        }
    }

    /// Ends the file; its whole-file sum is the caller's to write.
    public func end() throws(WireError) {
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

    private func literalPiece(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        if let compressor {
            try startFileIfNeeded()
            try writeRun()
            hasUnflushedLiteral = true
            unsafe try compressor.compress(bytes, to: chunks)
        } else {
            let room = unsafe try literalSpace(bytes.count)
            unsafe room.copyMemory(from: bytes)
            try commitLiteral(bytes.count)
        }
    }

    private func plainCopy(_ block: Int32, _ count: Int) throws(WireError) {
        let perPiece = WireOutput.frameLimit / 4
        var next = block
        var rest = count
        while rest > 0 {
            let piece = min(rest, perPiece)
            let place = unsafe try output.reserve(piece * 4)
            for offset in 0..<piece {
                let token = ~(next + Int32(offset))
                unsafe place.storeBytes(of: token.littleEndian, toByteOffset: offset * 4, as: Int32.self)
            }
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
    _ insert: (UnsafeRawBufferPointer) throws(WireError) -> Void
) throws(WireError) {
    unsafe try block.withUnsafeBytes { (bytes) throws(WireError) in
        var offset = 0
        while offset < bytes.count {
            let count = min(0xffff, bytes.count - offset)
            let start = dialect.insertsWholeBlocks ? offset : 0
            unsafe try insert(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            offset += count
        }
    }
}
