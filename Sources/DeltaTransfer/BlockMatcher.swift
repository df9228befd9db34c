internal import Checksums

/// Finds in new content the blocks of a signed basis: the sender's half of the rsync algorithm.
///
/// One matcher serves one new content, which comes in windows. After a match the next block is expected and tried at
/// once; after a mismatch the window slides byte by byte until some block is found again (protocol specification,
/// transfer 12.2). The work is linear in the content whatever the signature says: candidates per offset and strong
/// sums computed without success are both limited, and what exceeds a limit is sent as literal data.
public struct BlockMatcher: ~Copyable, Sendable {
    /// What has been found so far.
    public internal(set) var statistics = MatchStatistics()
    /// Whether the receiver writes into its own basis.
    public let isInPlace: Bool

    let signature: Signature
    let geometry: BlockGeometry
    let index: BlockIndex
    var checksum: StreamingChecksum
    /// Where the window begins in the new content.
    private(set) var windowOffset: Int64 = 0
    /// The sum of bytes from the current position on; fewer than a block's while those are not checksummed yet.
    private(set) var rolling = RollingChecksum()
    /// The block that should come next if nothing changed; may be past the last one.
    private(set) var expected = 0
    /// Whether the current position directly follows a match, or the content's beginning.
    private var isAligned = true
    /// Work that found nothing, in bytes.
    var vainBytes: Int64 = 0

    /// A block found in the window.
    private struct Found {
        let position: Int
        let block: Int
    }

    /// Prepares the search.
    ///
    /// - Parameters:
    ///   - signature: The basis's signature. Without blocks or strong sums everything is literal.
    ///   - inPlace: Whether the receiver writes into its own basis, so that a block may be used only while it is not
    ///     overwritten yet: at or after the current output offset.
    public init(_ signature: Signature, inPlace: Bool = false) {
        let usable = signature.geometry.strongLength > 0 && signature.recipe.algorithm != .none
        self.signature = usable ? signature : .empty(signature.recipe)
        geometry = self.signature.geometry
        index = BlockIndex(sums: self.signature.rollingSums, count: geometry.fullBlockCount)
        checksum = StreamingChecksum(signature.recipe)
        isInPlace = inPlace
    }

    /// Searches the next window.
    ///
    /// The window is what the last call left plus new data after it. The caller drops the bytes consumed, appends
    /// more and calls again; with a block length or more in the window every call consumes something.
    ///
    /// - Parameters:
    ///   - window: The bytes from the first unconsumed one on.
    ///   - isLast: Whether the content ends with this window; then everything is consumed, and the matcher is done.
    ///   - emit: Takes the tokens in order. Literal ranges are offsets in the window.
    /// - Returns: The number of bytes consumed.
    /// - Throws: What `emit` throws; the matcher must not be used afterwards.
    public mutating func match<Failure: Error>(
        _ window: RawSpan,
        isLast: Bool,
        _ emit: (DeltaToken) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        var position = 0
        var literalStart = 0
        var run = 0..<0
        while let found = nextMatch(in: window, from: &position, isLast: isLast) {
            if !run.isEmpty, found.position > literalStart || found.block != run.upperBound {
                try emit(.copy(block: run.lowerBound, count: run.count))
                run = found.block..<found.block
            }
            if found.position > literalStart {
                statistics.literalBytes += Int64(found.position - literalStart)
                try emit(.literal(literalStart..<found.position))
            }
            run = (run.isEmpty ? found.block : run.lowerBound)..<(found.block + 1)
            literalStart = position
        }
        if !run.isEmpty { try emit(.copy(block: run.lowerBound, count: run.count)) }
        if position > literalStart {
            statistics.literalBytes += Int64(position - literalStart)
            try emit(.literal(literalStart..<position))
        }
        windowOffset += Int64(position)
        return position
    }

    /// Finds the next block.
    ///
    /// - Parameters:
    ///   - window: The data.
    ///   - position: Where to begin; afterwards the end of the block found, or without one the first byte that the next
    ///     window needs again.
    ///   - isLast: Whether the content ends with the window.
    /// - Returns: The block, or nil when the window is searched.
    private mutating func nextMatch(in window: RawSpan, from position: inout Int, isLast: Bool) -> Found? {
        let length = geometry.blockLength
        while geometry.fullBlockCount > 0, window.byteCount - position >= length {
            rolling.append(window.extracting((position + rolling.length)..<(position + length)))
            if let block = block(at: position, in: window) { return accept(block, at: position, &position) }
            if isAligned, let found = blockBehindReplacedOne(at: position, in: window) {
                return accept(found.block, at: found.position, &position)
            }
            isAligned = false
            if let found = search(window, from: &position) { return accept(found.block, at: found.position, &position) }
        }
        guard isLast else {
            // Without full blocks only the bytes that the short one may match at the end are needed again.
            if geometry.fullBlockCount == 0 { position = max(position, window.byteCount - geometry.remainder) }
            return nil
        }
        let shortStart = window.byteCount - geometry.remainder
        if geometry.hasShortBlock, shortStart >= position {
            rolling = RollingChecksum(window.extracting(shortStart..<window.byteCount))
            if let block = shortBlock(at: shortStart, in: window) { return accept(block, at: shortStart, &position) }
        }
        position = window.byteCount
        return nil
    }

    /// Slides byte by byte from a position already looked at until a block is found.
    ///
    /// - Returns: The block, or nil with `position` one after the last whole window.
    private mutating func search(_ window: RawSpan, from position: inout Int) -> Found? {
        while window.byteCount - position > geometry.blockLength {
            let (next, entry) = index.slide(&rolling, over: window, from: position)
            position = next
            if entry != nil, let block = block(at: next, in: window) { return Found(position: next, block: block) }
        }
        rolling.removeFirst(window.byte(at: position))
        position += 1
        return nil
    }

    /// Records a match and moves after it.
    private mutating func accept(_ block: Int, at start: Int, _ position: inout Int) -> Found {
        let length = geometry.length(of: block)
        statistics.matches += 1
        statistics.matchedBytes += Int64(length)
        position = start + length
        expected = block + 1
        isAligned = true
        rolling = RollingChecksum()
        return Found(position: start, block: block)
    }

    /// Looks one block ahead for the block after the expected one.
    ///
    /// A block replaced in place is the commonest change; its successor found where it should be saves the search
    /// through it, and loses nothing, since any block found in between would overlap the successor.
    private mutating func blockBehindReplacedOne(at position: Int, in window: RawSpan) -> Found? {
        let length = geometry.blockLength
        let block = expected + 1
        let next = position + length
        guard block < geometry.fullBlockCount, window.byteCount - next >= length, isUsable(block, at: next) else {
            return nil
        }
        let bytes = window.extracting(next..<(next + length))
        guard RollingChecksum.sum(of: bytes) == signature.rollingSums[block] else { return nil }
        return firstMatch(at: next, bytes: bytes, preferred: block, entry: nil).map { Found(position: next, block: $0) }
    }

    /// The short last block if the content ends with it; the rolling sum is that of the content's last bytes.
    private mutating func shortBlock(at position: Int, in window: RawSpan) -> Int? {
        let block = geometry.count - 1
        guard rolling.value == signature.rollingSums[block], isUsable(block, at: position) else { return nil }
        let bytes = window.extracting(position..<window.byteCount)
        return firstMatch(at: position, bytes: bytes, preferred: block, entry: nil)
    }
}
