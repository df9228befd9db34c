import LinuxSystem
package import RsyncOptions

/// Reads the deltas of files (protocol specification, transfer 13).
///
/// Per file: ``startFile(blockCount:)``, then ``next()`` until it returns ``Token/end``; also for a file that is
/// discarded, because the decompressor must see everything. One per session and direction. One thread uses a reader.
package final class TokenReader {
    private let input: WireInput
    private let decompressor: (any LiteralDecompressor)?
    /// Whether the bytes of copied blocks must be passed to ``matched(_:)``.
    package let needsMatchedBytes: Bool
    private var blockCount: Int32 = 0
    /// Bytes of a plain literal that have not been returned, or of a compressed chunk that have not been fed.
    private var rest = 0
    /// Plain: a token that was read ahead.
    private var readAhead: Int32?
    private var isProducing = false
    private var hasUnfinishedData = false
    private var position: Int32 = 0

    /// Reads from an input.
    ///
    /// - Parameters:
    ///   - input: The stream to read.
    ///   - compression: The session's compression.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 when out of memory.
    package init(input: WireInput, compression: CompressionAlgorithm) throws(WireError) {
        self.input = input
        needsMatchedBytes = compression == .zlib
        decompressor = try compression.makeDecompressor()
    }

    /// Starts a file, whose tokens come next.
    ///
    /// - Parameter blockCount: The number of blocks of its basis, from the sum head.
    /// - Throws: ``WireError`` when the compressed stream is broken.
    package func startFile(blockCount: Int32) throws(WireError) {
        self.blockCount = blockCount
        rest = 0
        readAhead = nil
        isProducing = false
        hasUnfinishedData = false
        position = 0
        try decompressor?.startFile()
    }

    /// Reads the next token.
    ///
    /// - Returns: The token; a literal's bytes are valid until the next call.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a block that the basis does not have, 12 for a
    ///   broken stream.
    package func next() throws(WireError) -> Token {
        if let decompressor { try nextCompressed(decompressor) } else { try nextPlain() }
    }

    /// Adds a block that was just copied to the decompressor's history; only useful when ``needsMatchedBytes``.
    ///
    /// - Parameter bytes: The bytes of one whole block. Blocks are passed one by one, before the next call of
    ///   ``next()``.
    /// - Throws: ``WireError`` when the compressed stream is broken.
    package func matched(_ bytes: RawSpan) throws(WireError) {
        guard needsMatchedBytes, let decompressor else { return }
        try insertHistory(bytes, in: input.dialect) { (piece) throws(WireError) in try decompressor.insert(piece) }
    }

    // MARK: plain

    private func nextPlain() throws(WireError) -> Token {
        if rest == 0 {
            let token = if let readAhead { readAhead } else { try input.int32("a token") }
            readAhead = nil
            if token == 0 { return .end }
            if token < 0 { return try plainRun(from: ~token) }
            rest = Int(token)
        }
        let piece = try input.chunk(limit: rest, "literal data")
        rest -= piece.count
        return .literal(piece)
    }

    /// Joins adjacent blocks as far as their tokens have already arrived: a token always follows a copy.
    private func plainRun(from block: Int32) throws(WireError) -> Token {
        var last = block
        while last < blockCount, input.buffered >= 4 {
            let token = try input.int32("a token")
            guard token < 0, ~token == last + 1, ~token < blockCount else {
                readAhead = token
                break
            }
            last += 1
        }
        return try copy(block: Int64(block), more: Int64(last) - Int64(block))
    }

    // MARK: compressed

    private func nextCompressed(_ decompressor: any LiteralDecompressor) throws(WireError) -> Token {
        while true {
            if isProducing {
                let piece = try decompressor.produce()
                if piece.count > 0 { return .literal(piece) }
                if rest > 0 {
                    let fed = try input.chunk(limit: rest, "compressed data")
                    rest -= fed.count
                    try decompressor.feed(fed, isLast: rest == 0)
                    continue
                }
                isProducing = false
            }
            let flag = try input.byte("a token")
            if flag & TokenFlag.relativeRun == TokenFlag.data {
                rest = Int(flag & 0x3f) << 8 | Int(try input.byte("the length of compressed data"))
                guard rest > 0 else { throw .malformed("compressed data of no length") }
                isProducing = true
                hasUnfinishedData = true
                continue
            }
            if hasUnfinishedData {
                hasUnfinishedData = false
                try decompressor.finishData()
            }
            return try blockToken(flag)
        }
    }

    private func blockToken(_ flag: UInt8) throws(WireError) -> Token {
        let block: Int64
        switch flag {
        case TokenFlag.end: return .end
        case TokenFlag.long, TokenFlag.longRun: block = Int64(try input.int32("a block number"))
        case TokenFlag.relative...: block = Int64(position) + Int64(flag & 0x3f)
        default: throw .malformed("unknown token \(flag)")
        }
        let isRun = flag == TokenFlag.longRun || flag >= TokenFlag.relativeRun
        let more = isRun ? Int64(try input.uint16("a run of blocks")) : 0
        guard !isRun || more > 0 else { throw .incompatible("a run of no blocks") }
        let token = try copy(block: block, more: more)
        position = Int32(block + more)
        return token
    }

    private func copy(block: Int64, more: Int64) throws(WireError) -> Token {
        guard block >= 0, block + more < Int64(blockCount) else {
            throw .incompatible("block \(block + more) is not one of the \(blockCount) blocks of the basis")
        }
        return .copy(block: Int32(block), count: Int(more) + 1)
    }
}
