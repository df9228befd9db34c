internal import Checksums

/// What keeps hostile signatures from costing more than linear work (protocol specification, transfer 12.2, 19.3 S3).
enum MatchLimit {
    /// At most this many blocks of one rolling sum are tried at an offset.
    static let candidates = 1024
    /// Bytes of work without success that are always allowed: far more than legitimate data ever needs.
    static let vainBytes: Int64 = 1 << 24
    /// And this many more for each byte of content.
    static let vainBytesPerByte: Int64 = 16
    /// What trying one candidate costs, in bytes.
    static let candidateCost: Int64 = 16
}

extension BlockMatcher {
    /// The block whose content begins at a position, by rolling sum and then by strong sum.
    ///
    /// - Parameters:
    ///   - position: Where in the window; `rolling` is the sum of a block's length from there.
    ///   - window: The data.
    /// - Returns: A usable full block, the expected one if that fits, or nil.
    mutating func block(at position: Int, in window: RawSpan) -> Int? {
        guard let entry = index.firstEntry(of: rolling.value) else { return nil }
        let bytes = window.extracting(position..<(position + geometry.blockLength))
        return firstMatch(at: position, bytes: bytes, preferred: preferredBlock(at: position), entry: entry)
    }

    /// The block to try first: in place the one at the same offset, else the one after the last match.
    private func preferredBlock(at position: Int) -> Int? {
        var block = expected
        if isInPlace {
            let (number, rest) = (windowOffset + Int64(position)).quotientAndRemainder(
                dividingBy: Int64(geometry.blockLength)
            )
            if rest == 0, number < geometry.fullBlockCount { block = Int(number) }
        }
        guard block < geometry.fullBlockCount, signature.rollingSums[block] == rolling.value else { return nil }
        return isUsable(block, at: position) ? block : nil
    }

    /// Compares strong sums: that of the bytes, computed once, with those of a preferred block and of the candidates.
    ///
    /// - Parameters:
    ///   - position: Where the bytes begin in the window.
    ///   - bytes: A block's length of data whose rolling sum is that of every block tried.
    ///   - preferred: A usable block to try first.
    ///   - entry: The first entry of the index with that rolling sum, or nil to try no other block.
    /// - Returns: The first block whose strong sum is the same, or nil.
    mutating func firstMatch(at position: Int, bytes: RawSpan, preferred: Int?, entry: Int?) -> Int? {
        statistics.hashHits += 1
        let allowance = MatchLimit.vainBytes + (windowOffset + Int64(position)) * MatchLimit.vainBytesPerByte
        guard vainBytes <= allowance else { return nil }
        statistics.strongSums += 1
        let digest = checksum.digest(of: bytes).truncated(to: geometry.strongLength)
        if let preferred, isSum(digest, of: preferred) { return preferred }
        if let entry, let block = candidate(with: digest, at: position, from: entry) { return block }
        vainBytes += Int64(bytes.byteCount)
        statistics.falseAlarms += 1
        return nil
    }

    /// The first usable block among those of one rolling sum that has a strong sum.
    private mutating func candidate(with digest: Digest, at position: Int, from entry: Int) -> Int? {
        var current = entry
        if isInPlace {
            let length = Int64(geometry.blockLength)
            let lowest = (windowOffset + Int64(position) + length - 1) / length
            guard lowest < geometry.fullBlockCount,
                let usable = index.entry(notBelow: Int(lowest), from: entry)
            else { return nil }
            current = usable
        }
        let key = index.keys[entry]
        var tried = 0
        while current < index.keys.count, index.keys[current] == key, tried < MatchLimit.candidates {
            let block = Int(index.blocks[current])
            tried += 1
            vainBytes += MatchLimit.candidateCost
            if isSum(digest, of: block) { return block }
            current += 1
        }
        return nil
    }

    /// Whether the receiver still has a block when its output has come to a position.
    func isUsable(_ block: Int, at position: Int) -> Bool {
        !isInPlace || geometry.offset(of: block) >= windowOffset + Int64(position)
    }

    /// Whether a digest, truncated to the stored length, is that of a block.
    private mutating func isSum(_ digest: Digest, of block: Int) -> Bool {
        statistics.candidates += 1
        let length = geometry.strongLength
        let stored = signature.strongSums.rawBytes.extracting((block * length)..<((block + 1) * length))
        return digest.hasPrefix(stored)
    }
}
