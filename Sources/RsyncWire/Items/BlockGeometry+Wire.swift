package import DeltaTransfer

/// The sum head of an item (protocol specification, transfer 10).
///
///     count (int) | block length (int) | strong length (int) | remainder (int)
extension BlockGeometry {
    /// The memory in bytes that the sums of one file may take: rsync's own limit on an allocation.
    private static let memoryLimit: Int64 = 1 << 30

    /// Reads and validates a sum head.
    ///
    /// - Parameters:
    ///   - input: The stream to read.
    ///   - digestLength: The full length of the session's digest in bytes.
    /// - Returns: The geometry of the peer's basis.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a number out of range, 22 for more sums than the
    ///   memory limit allows (protocol specification, transfer 19.2 T7 and 19.3 S2).
    package static func read(from input: WireInput, digestLength: Int) throws(WireError) -> BlockGeometry {
        let count = Int(try input.int32("a block count"))
        let blockLength = Int(try input.int32("a block length"))
        let strongLength = Int(try input.int32("a strong sum length"))
        let remainder = Int(try input.int32("a remainder"))
        let geometry: BlockGeometry
        do throws(DeltaError) {
            geometry = try BlockGeometry(
                count: count,
                blockLength: blockLength,
                strongLength: strongLength,
                remainder: remainder,
                maximumBlockLength: input.dialect.longestBlock,
                digestLength: digestLength
            )
        } catch {
            throw .incompatible("a sum head is not valid: \(error)")
        }
        guard Int64(count) * Int64(4 + strongLength) <= memoryLimit else {
            throw .violation("\(count) block sums do not fit into memory", exitCode: 22)
        }
        return geometry
    }

    /// Writes the sum head.
    ///
    /// - Parameter output: The stream to write to.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func write(to output: WireOutput) throws(WireError) {
        try output.int32(Int32(count))
        try output.int32(Int32(blockLength))
        try output.int32(Int32(strongLength))
        try output.int32(Int32(remainder))
    }
}
