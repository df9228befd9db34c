package import Checksums
package import DeltaTransfer
import LinuxSystem

/// The block sums after a sum head (protocol specification, transfer 10).
///
///     rolling sum (int) | strong sum (the head's strong length of bytes)      once per block
extension Signature {
    /// The most blocks to reserve memory for before their sums have arrived.
    private static let trustedCount = 64 * 1024

    /// Reads the sums of all blocks.
    ///
    /// - Parameters:
    ///   - geometry: The geometry from the sum head.
    ///   - recipe: How the session computes block sums.
    ///   - input: The stream to read.
    /// - Returns: The peer's signature.
    /// - Throws: ``WireError/ended(field:)`` when the stream ends early.
    package static func read(
        _ geometry: BlockGeometry,
        recipe: ChecksumRecipe,
        from input: WireInput
    ) throws(WireError) -> Signature {
        let entryLength = 4 + geometry.strongLength
        var rollingSums: [UInt32] = []
        var strongSums: [UInt8] = []
        // Memory grows with what has arrived: the count is only the peer's claim.
        rollingSums.reserveCapacity(min(geometry.count, trustedCount))
        strongSums.reserveCapacity(min(geometry.count, trustedCount) * geometry.strongLength)
        while rollingSums.count < geometry.count {
            let ready = min(input.buffered / entryLength, geometry.count - rollingSums.count)
            guard ready > 0 else {
                // An entry that is split by the end of a buffer.
                rollingSums.append(UInt32(bitPattern: try input.int32("a rolling sum")))
                try input.append(geometry.strongLength, to: &strongSums, "a strong sum")
                continue
            }
            let entries = try input.chunk(limit: ready * entryLength, "block sums")
            append(entries.bytes, entryLength, &rollingSums, &strongSums)
        }
        do throws(DeltaError) {
            return try Signature(geometry: geometry, recipe: recipe, rollingSums: rollingSums, strongSums: strongSums)
        } catch {
            throw .incompatible("\(error)")
        }
    }

    private static func append(
        _ entries: RawSpan,
        _ entryLength: Int,
        _ rollingSums: inout [UInt32],
        _ strongSums: inout [UInt8]
    ) {
        for offset in stride(from: 0, to: entries.byteCount, by: entryLength) {
            rollingSums.append(entries.word(at: offset))
            strongSums.append(copying: entries.extracting(offset + 4..<offset + entryLength).octets)
        }
    }

    /// Writes the sums of all blocks; the geometry writes the sum head.
    ///
    /// - Parameter output: The stream to write to.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func write(to output: WireOutput) throws(WireError) {
        let strongLength = geometry.strongLength
        let entryLength = 4 + strongLength
        var block = 0
        while block < geometry.count {
            let blocks = min(geometry.count - block, WireOutput.frameLimit / entryLength)
            var place = try output.reserve(blocks * entryLength)
            for index in block..<block + blocks {
                output.store(rollingSums[index], at: place)
                let sum = strongSums.span.extracting(index * strongLength..<(index + 1) * strongLength)
                output.store(sum.rawBytes, at: place + 4)
                place += entryLength
            }
            output.commit(blocks * entryLength)
            block += blocks
        }
    }
}
