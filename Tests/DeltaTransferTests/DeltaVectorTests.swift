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
        let signature = try Signature(of: knownBasis.span.bytes, recipe: recipe)
        #expect(signature.geometry.blockLength == 700)
        #expect(signature.geometry.strongLength == 2)
        #expect(signature.geometry.count == 94)
        #expect(signature.geometry.remainder == 436)

        let tokens = Delta.tokens(from: signature, new: knownNew.span.bytes)
        #expect(
            tokens == [
                .copy(block: 0, count: 1), .literal(700..<1410), .copy(block: 2, count: 55),
                .literal(39910..<40610), .copy(block: 58, count: 35), .literal(65110..<66046),
            ]
        )
        let delta = Delta(from: signature, to: knownNew.span.bytes)
        #expect(try Patch.apply(delta, to: knownBasis.span.bytes) == knownNew)
    }
}
