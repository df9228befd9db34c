import Checksums
import DeltaTransfer
import TestSupport
import Testing

@Suite("Delta vectors")
struct DeltaVectorTests {
    @Test("finds the specification's delta, for every checksum", arguments: ChecksumAlgorithm.allCases)
    func knownDelta(algorithm: ChecksumAlgorithm) throws {
        guard algorithm != .none else { return }
        let recipe = ChecksumRecipe.blocks(algorithm, seed: 0x1234_5678, seedFix: true)
        let signature = try sign(knownBasis, recipe)
        #expect(signature.geometry.blockLength == 700)
        #expect(signature.geometry.strongLength == 2)
        #expect(signature.geometry.count == 94)
        #expect(signature.geometry.remainder == 436)
        #expect(
            tokens(signature, knownNew) == [
                .copy(block: 0, count: 1), .literal(700..<1410), .copy(block: 2, count: 55),
                .literal(39910..<40610), .copy(block: 58, count: 35), .literal(65110..<66046),
            ]
        )
        let new = knownNew
        #expect(try patched(Delta(from: signature, to: new.span.bytes), knownBasis) == knownNew)
    }
}
