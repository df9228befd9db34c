import Checksums
import DeltaTransfer
import TestSupport
import Testing

/// Counts operations, not time: the work must stay linear in the content whatever the signature says.
@Suite("Hostile signatures")
struct HostileSignatureTests {
    private func run(_ signature: Signature, _ new: [UInt8], inPlace: Bool = false) -> MatchStatistics {
        var matcher = BlockMatcher(signature, inPlace: inPlace)
        let span = new.span.bytes
        var start = 0
        var end = 0
        repeat {
            end = min(end + 65_536, new.count)
            start += matcher.match(span.extracting(start..<end), isLast: end == new.count) { _ in }
        } while end < new.count
        #expect(matcher.statistics.matchedBytes + matcher.statistics.literalBytes == Int64(new.count))
        return matcher.statistics
    }

    /// A signature of blocks that all have one rolling sum, and strong sums that nothing has.
    private func oneSum(_ sum: UInt32, blockLength: Int, count: Int) throws -> Signature {
        let geometry = try BlockGeometry(
            count: count,
            blockLength: blockLength,
            strongLength: 16,
            remainder: 0,
            digestLength: 16
        )
        return try Signature(
            geometry: geometry,
            recipe: ChecksumRecipe(.xxh128),
            rollingSums: [UInt32](repeating: sum, count: count),
            strongSums: [UInt8](repeating: 0xa5, count: count * 16)
        )
    }

    @Test("equal blocks match at once", arguments: [false, true])
    func equalBlocks(inPlace: Bool) throws {
        let zeros = [UInt8](repeating: 0, count: 700 * 1000)
        let found = run(try sign(zeros, blockLength: 700), zeros, inPlace: inPlace)
        #expect(found.matchedBytes == 700_000)
        #expect(found.strongSums <= 1000)
        #expect(found.candidates <= 1000)
    }

    @Test("equal blocks behind a shift still cost a few comparisons each", arguments: [false, true])
    func shiftedEqualBlocks(inPlace: Bool) throws {
        let zeros = [UInt8](repeating: 0, count: 700 * 1000)
        let found = run(try sign(zeros, blockLength: 700), [1] + zeros, inPlace: inPlace)
        #expect(found.literalBytes <= 1400)
        #expect(found.strongSums <= 1001)
        #expect(found.candidates <= 3000)
    }

    @Test("at most 1024 candidates are tried at an offset")
    func manyCandidates() throws {
        let found = run(try oneSum(0, blockLength: 700, count: 5000), [UInt8](repeating: 0, count: 700))
        #expect(found.strongSums == 1)
        #expect(found.candidates <= 1025)
        #expect(found.falseAlarms == 1)
    }

    @Test("one false sum at every offset costs work linear in the content", arguments: [1, 5000])
    func falseAlarms(count: Int) throws {
        // Zeros have the sum 0 at every offset; each would cost a strong sum of 16 KiB and `count` comparisons.
        let size = 1 << 21
        let found = run(try oneSum(0, blockLength: 16_384, count: count), [UInt8](repeating: 0, count: size))
        let work = found.strongSums * 16_384 + found.candidates * 16
        #expect(work <= Int64(size) * 16 + (1 << 24) + 2 * 32_768)
        #expect(found.literalBytes == Int64(size))
    }

    @Test("sums that collide in the index are found all the same")
    func collisions() throws {
        // The inverse of the index's odd multiplier makes keys that share their top bits.
        var inverse: UInt32 = 1
        for _ in 0..<5 { inverse = inverse &* (2 &- 0x9e37_79b1 &* inverse) }
        let block = Array(knownBasis[..<700])
        let genuine = RollingChecksum.sum(of: block.span.bytes)
        let key = genuine &* 0x9e37_79b1
        let sums = [genuine] + (0..<4000).map { (key & 0xffff_0000 | UInt32($0)) &* inverse }
        let geometry = try BlockGeometry(
            count: sums.count,
            blockLength: 700,
            strongLength: 16,
            remainder: 0,
            digestLength: 16
        )
        let recipe = ChecksumRecipe(.xxh128)
        let strong = recipe.digest(of: block.span.bytes).bytes + [UInt8](repeating: 0, count: 4000 * 16)
        let signature = try Signature(geometry: geometry, recipe: recipe, rollingSums: sums, strongSums: strong)
        #expect(tokens(signature, [1, 2] + block) == [.literal(0..<2), .copy(block: 0, count: 1)])
    }

    @Test("a short last block that lies about its checksum is refused")
    func lyingShortBlock() throws {
        let geometry = try BlockGeometry(
            count: 1,
            blockLength: 700,
            strongLength: 2,
            remainder: 3,
            digestLength: 16
        )
        let signature = try Signature(
            geometry: geometry,
            recipe: ChecksumRecipe(.xxh128),
            rollingSums: [0],
            strongSums: [0, 0]
        )
        #expect(tokens(signature, [0, 0, 0, 0]) == [.literal(0..<4)])
    }
}
