/// Finds blocks by their rolling sum.
///
/// All full blocks are sorted by a key, which is the rolling sum times an odd constant (so equal keys are equal sums,
/// and the top bits depend on all bits), and by number among equal sums. The key's top bits select a bucket of that
/// order. Finding a sum takes at most some twenty steps whatever sums a peer chose, because a bucket is searched by
/// halving. A filter of one bit per few sums answers most questions alone.
struct BlockIndex {
    /// Spreads sums over the whole range: 2^32 divided by the golden ratio, odd.
    static let multiplier: UInt32 = 0x9e37_79b1

    /// How far right a key is shifted to give its bucket.
    let bucketShift: UInt32
    /// Bit `s1 % 64` of word `s2 & filterMask` is set when some block may have the sum of s1 and s2.
    let filter: [UInt64]
    /// The number of words, a power of two, less one.
    let filterMask: UInt32
    /// Where each bucket begins in `keys`, and after the last one the end.
    let bucketStarts: [UInt32]
    /// The keys, ascending.
    let keys: [UInt32]
    /// The block of each key.
    let blocks: [UInt32]

    /// Sorts blocks.
    ///
    /// - Parameters:
    ///   - sums: The rolling sums of all blocks.
    ///   - count: How many of them, from the first, are to be found.
    init(sums: [UInt32], count: Int) {
        let countBits = Int.bitWidth - max(count, 1).leadingZeroBitCount
        let bucketBits = UInt32(min(max(countBits, 4), 24))
        bucketShift = 32 - bucketBits
        // About 32 bits a block, but 8 KiB at least and, to stay in a cache, 512 KiB at most.
        var filter = [UInt64](repeating: 0, count: 1 << min(max(countBits - 1, 10), 16))
        filterMask = UInt32(filter.count - 1)
        var starts = [UInt32](repeating: 0, count: (1 << bucketBits) + 1)
        for sum in sums[..<count] {
            filter[Int((sum >> 16) & filterMask)] |= 1 << UInt64(sum % 64)
            starts[Int((sum &* BlockIndex.multiplier) >> bucketShift) + 1] += 1
        }
        for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
        var next = starts
        // Key above, block below: an order of these is the order wanted.
        var entries = [UInt64](repeating: 0, count: count)
        for block in 0..<count {
            let key = sums[block] &* BlockIndex.multiplier
            let bucket = Int(key >> bucketShift)
            entries[Int(next[bucket])] = UInt64(key) << 32 | UInt64(block)
            next[bucket] += 1
        }
        for bucket in 1..<starts.count where starts[bucket] - starts[bucket - 1] > 1 {
            entries[Int(starts[bucket - 1])..<Int(starts[bucket])].sort()
        }
        self.filter = filter
        bucketStarts = starts
        keys = entries.map { UInt32($0 >> 32) }
        blocks = entries.map { UInt32(truncatingIfNeeded: $0) }
    }

    /// Finds the first entry of a rolling sum.
    ///
    /// - Parameter sum: The rolling sum of a window of the new content.
    /// - Returns: Its position in `keys`, or nil.
    func firstEntry(of sum: UInt32) -> Int? {
        guard filter[Int((sum >> 16) & filterMask)] >> UInt64(sum % 64) & 1 == 1 else { return nil }
        let key = sum &* BlockIndex.multiplier
        let bucket = Int(key >> bucketShift)
        var low = Int(bucketStarts[bucket])
        var high = Int(bucketStarts[bucket + 1])
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? low : nil
    }

    /// Among the entries that share the key of `entry`, the first one whose block is not below a number.
    ///
    /// - Parameters:
    ///   - block: The lowest block wanted.
    ///   - entry: The first entry of a key.
    /// - Returns: An entry, or nil when there is none.
    func entry(notBelow block: Int, from entry: Int) -> Int? {
        let target = UInt64(keys[entry]) << 32 | UInt64(block)
        var low = entry
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if UInt64(keys[middle]) << 32 | UInt64(blocks[middle]) < target { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == keys[entry] ? low : nil
    }
}
