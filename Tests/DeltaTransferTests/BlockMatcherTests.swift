import Checksums
import DeltaTransfer
import TestSupport
import Testing

@Suite("BlockMatcher")
struct BlockMatcherTests {
    private func statistics(_ signature: Signature, _ new: [UInt8], inPlace: Bool = false) -> MatchStatistics {
        var matcher = BlockMatcher(signature, inPlace: inPlace)
        _ = matcher.match(new.span.bytes, isLast: true) { _ in }
        return matcher.statistics
    }

    private func inPlaceTokens(_ signature: Signature, _ new: [UInt8]) -> [DeltaToken] {
        var matcher = BlockMatcher(signature, inPlace: true)
        var tokens: [DeltaToken] = []
        _ = matcher.match(new.span.bytes, isLast: true) { tokens.append($0) }
        return tokens
    }

    @Test("finds everything in unchanged content, in one run")
    func unchanged() throws {
        let signature = try sign(knownBasis)
        #expect(tokens(signature, knownBasis) == [.copy(block: 0, count: 94)])
        let found = statistics(signature, knownBasis)
        #expect(found.matches == 94)
        #expect(found.strongSums == 94)
        #expect(found.falseAlarms == 0)
    }

    @Test("sends everything without a basis, and nothing for nothing")
    func empty() throws {
        let none = Signature.empty(ChecksumRecipe(.xxh128))
        #expect(tokens(none, knownNew) == [.literal(0..<knownNew.count)])
        #expect(tokens(none, []) == [])
        #expect(try tokens(sign(knownBasis), []) == [])
    }

    @Test("lets the short last block match at the end of the content only")
    func shortBlock() throws {
        let basis = Array(knownBasis[..<1000])
        let signature = try sign(basis, blockLength: 300)
        let tail = Array(basis[900...])
        #expect(tokens(signature, [1, 2, 3] + tail) == [.literal(0..<3), .copy(block: 3, count: 1)])
        #expect(tokens(signature, tail + [1, 2, 3]) == [.literal(0..<103)])
        #expect(tokens(signature, tail) == [.copy(block: 3, count: 1)])
        #expect(tokens(signature, Array(tail.dropFirst())) == [.literal(0..<99)])
        let tiny = try sign([5], blockLength: 700)
        #expect(tokens(tiny, [9, 5]) == [.literal(0..<1), .copy(block: 0, count: 1)])
    }

    @Test("holds back no more of long content than a basis of one short block needs", arguments: [1, 5, 699])
    func tinyBasis(size: Int) throws {
        let basis = Array(knownBasis[..<size])
        var matcher = BlockMatcher(try sign(basis, blockLength: 700))
        var window: [UInt8] = []
        var tokens: [DeltaToken] = []
        for piece in [Array(knownBasis[1000..<9000]), [], Array(knownBasis[9000..<9003]), basis, []] {
            window += piece
            window.removeFirst(matcher.match(window.span.bytes, isLast: false) { tokens.append($0) })
            #expect(window.count <= size)
        }
        tokens = []
        let consumed = matcher.match(window.span.bytes, isLast: true) { tokens.append($0) }
        #expect(consumed == size)
        #expect(tokens == [.copy(block: 0, count: 1)])
        #expect(matcher.statistics.literalBytes == 8003)
    }

    @Test("prefers the block after the last match among equal ones")
    func adjacency() throws {
        let a = Array(knownBasis[..<100])
        let b = Array(knownBasis[100..<200])
        let signature = try sign(a + b + a + b + b + a, blockLength: 100)
        // The first block found is 1; then 2 is not what comes, but 1 is again, and behind that comes 2.
        #expect(tokens(signature, b + b + a) == [.copy(block: 1, count: 1), .copy(block: 1, count: 2)])
        #expect(tokens(signature, a + b + a + b + b + a) == [.copy(block: 0, count: 6)])
    }

    @Test("finds the block behind a replaced one without searching through the gap")
    func replaced() throws {
        var new = knownBasis
        new[40_000] ^= 1
        let found = statistics(try sign(knownBasis), new)
        #expect(found.literalBytes == 700)
        #expect(found.strongSums == 93)
    }

    @Test("in place, copies nothing that is overwritten already")
    func inPlace() throws {
        let blocks = (0..<4).map { Array(knownBasis[($0 * 100)..<($0 * 100 + 100)]) }
        let signature = try sign(blocks.flatMap { $0 }, blockLength: 100)
        // Moving towards the front is possible, towards the back is not.
        #expect(inPlaceTokens(signature, blocks[2] + blocks[3]) == [.copy(block: 2, count: 2)])
        #expect(inPlaceTokens(signature, blocks[1] + blocks[0]) == [.copy(block: 1, count: 1), .literal(100..<200)])
        #expect(inPlaceTokens(signature, [7] + blocks[0]) == [.literal(0..<101)])
    }

    @Test("in place, prefers the block at the same offset")
    func sameOffset() throws {
        let zeros = [UInt8](repeating: 0, count: 1000)
        let signature = try sign(zeros, blockLength: 100)
        let new = Array(knownBasis[..<100]) + zeros[..<900]
        #expect(inPlaceTokens(signature, new) == [.literal(0..<100), .copy(block: 1, count: 9)])
    }

    @Test("stops where the token callback fails")
    func throwing() throws {
        struct Full: Error {}
        let signature = try sign(knownBasis)
        let new = knownNew
        #expect(throws: Full.self) {
            var matcher = BlockMatcher(signature)
            _ = try matcher.match(new.span.bytes, isLast: true) { _ throws(Full) in throw Full() }
        }
    }

    @Test("uses no sums of length zero: a rolling sum alone is not sufficient")
    func noStrongSums() throws {
        let geometry = try BlockGeometry(
            count: 1,
            blockLength: 700,
            strongLength: 0,
            remainder: 0,
            digestLength: 16
        )
        let block = Array(knownBasis[..<700])
        let signature = try Signature(
            geometry: geometry,
            recipe: ChecksumRecipe(.xxh128),
            rollingSums: [RollingChecksum.sum(of: block.span.bytes)],
            strongSums: []
        )
        #expect(tokens(signature, block) == [.literal(0..<700)])
    }
}
