import Checksums
import DeltaTransfer
import TestSupport
import Testing

/// Feeds a matcher as an engine does: a window that keeps the unconsumed tail and grows by pieces.
///
/// - Returns: The delta, its literals collected as they came.
private func streamedDelta(
    _ signature: Signature,
    _ new: [UInt8],
    inPlace: Bool = false,
    pieces nextPiece: () -> Int
) -> (delta: Delta, statistics: MatchStatistics, longestWindow: Int) {
    var matcher = BlockMatcher(signature, inPlace: inPlace)
    var window: [UInt8] = []
    var literals: [UInt8] = []
    var tokens: [DeltaToken] = []
    var read = 0
    var longest = 0
    while true {
        let end = min(read + nextPiece(), new.count)
        window += new[read..<end]
        read = end
        let consumed = matcher.match(window.span.bytes, isLast: read == new.count) { token in
            guard case .literal(let range) = token else {
                tokens.append(token)
                return
            }
            tokens.append(.literal(literals.count..<(literals.count + range.count)))
            literals += window[range]
        }
        window.removeFirst(consumed)
        longest = max(longest, window.count)
        if read == new.count { break }
    }
    #expect(window.isEmpty)
    let delta = Delta(geometry: signature.geometry, tokens: tokens, literals: literals)
    return (delta, matcher.statistics, longest)
}

/// Applies a delta in the basis itself, as `--inplace` does: forward, each byte read before it can be overwritten.
private func patchedInPlace(_ delta: Delta, _ basis: [UInt8], newCount: Int) throws -> [UInt8] {
    var file = basis + [UInt8](repeating: 0xee, count: max(newCount - basis.count, 0))
    var output = 0
    for token in delta.tokens {
        switch token {
        case .literal(let range):
            for index in range {
                file[output] = delta.literals[index]
                output += 1
            }
        case .copy(let block, let count):
            for index in try delta.geometry.range(ofBlock: block, count: count) {
                file[output] = file[Int(index)]
                output += 1
            }
        }
    }
    #expect(output == newCount)
    return Array(file[..<newCount])
}

@Suite("Delta PropertyTests")
struct DeltaPropertyTests {
    @Test("apply(delta(a, b), a) == b", arguments: 0..<150 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var edits = RandomEdits(seed: seed)
        let basis = edits.content(edits.number(0...6000))
        let new = edits.edited(basis)
        let length = [1, 2, 7, 16, 31, 32, 33, 64, 100, 700, 4096, 10_000][edits.number(0...11)]
        let signature = try sign(basis, blockLength: length)

        let whole = Delta(from: signature, to: new.span.bytes)
        #expect(try patched(whole, basis) == new, "seed \(seed), blocks of \(length)")

        let largest = [1, 3, 50, 700, 5000][edits.number(0...4)]
        let (pieced, statistics, longest) = streamedDelta(signature, new) { edits.number(1...largest) }
        #expect(try patched(pieced, basis) == new, "seed \(seed), blocks of \(length), pieces up to \(largest)")
        #expect(statistics.literalBytes == Int64(pieced.literals.count))
        #expect(statistics.matchedBytes + statistics.literalBytes == Int64(new.count))
        // Less than a block is held back: literal data keeps flowing.
        #expect(longest < max(length, 1), "seed \(seed)")
    }

    @Test("finds every block behind inserted bytes, whatever the pieces", arguments: 3000..<3060 as Range<UInt64>)
    func findsAll(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let basis = random.bytes(Int.random(in: 100...5000, using: &random))
        let length = [16, 31, 32, 33, 64, 700][Int.random(in: 0..<6, using: &random)]
        let signature = try sign(basis, blockLength: length)
        let cut = min(Int.random(in: 0...6, using: &random), basis.count / length) * length
        let first = random.bytes(Int.random(in: 0...200, using: &random))
        let second = random.bytes(Int.random(in: 0...200, using: &random))
        let new = first + basis[..<cut] + second + basis[cut...]
        let largest = [40, 700, 10_000][Int.random(in: 0..<3, using: &random)]
        let (delta, _, _) = streamedDelta(signature, new) { Int.random(in: 1...largest, using: &random) }
        #expect(try patched(delta, basis) == new, "seed \(seed)")
        let sendsInsertsOnly = delta.literals == first + second
        #expect(sendsInsertsOnly, "seed \(seed), blocks of \(length), pieces up to \(largest)")
    }

    @Test("in place, no block is used that was overwritten before", arguments: 1000..<1150 as Range<UInt64>)
    func inPlace(seed: UInt64) throws {
        var edits = RandomEdits(seed: seed)
        let basis = edits.content(edits.number(0...6000))
        let new = edits.edited(basis)
        let length = [1, 5, 16, 33, 64, 100, 700][edits.number(0...6)]
        let signature = try sign(basis, blockLength: length)
        let largest = [40, 700, 10_000][edits.number(0...2)]
        let (delta, _, _) = streamedDelta(signature, new, inPlace: true) { edits.number(1...largest) }
        #expect(
            try patchedInPlace(delta, basis, newCount: new.count) == new,
            "seed \(seed), blocks of \(length), pieces up to \(largest)"
        )
    }

    @Test("pieces of any size give the same signature", arguments: 2000..<2040 as Range<UInt64>)
    func signatures(seed: UInt64) throws {
        var edits = RandomEdits(seed: seed)
        let basis = edits.content(edits.number(1...5000))
        let algorithms = ChecksumAlgorithm.allCases.filter { $0 != .none }
        let algorithm = algorithms[edits.number(0...(algorithms.count - 1))]
        let recipe = ChecksumRecipe.blocks(algorithm, seed: Int32(seed), seedFix: true)
        let length = edits.number(1...1000)
        let whole = try sign(basis, recipe, blockLength: length)
        var builder = SignatureBuilder(geometry: whole.geometry, recipe: recipe)
        let span = basis.span.bytes
        var start = 0
        while start < basis.count {
            let end = min(start + edits.number(1...1500), basis.count)
            builder.append(span.extracting(start..<end))
            start = end
        }
        let pieced = try builder.finish()
        #expect(pieced.rollingSums == whole.rollingSums, "seed \(seed)")
        #expect(pieced.strongSums == whole.strongSums, "seed \(seed)")
        for block in 0..<whole.geometry.count {
            let part = Array(basis[(block * length)..<min((block + 1) * length, basis.count)])
            let expected = recipe.digest(of: part.span.bytes).bytes.prefix(whole.geometry.strongLength)
            #expect(Array(whole.strongSum(of: block)) == Array(expected))
        }
    }

    @Test("every strong length that leaves no chance match works", arguments: 8...16)
    func strongLengths(strongLength: Int) throws {
        var edits = RandomEdits(seed: UInt64(strongLength))
        let basis = edits.content(5000)
        let new = edits.edited(basis)
        let geometry = try BlockGeometry(
            count: 50,
            blockLength: 100,
            strongLength: strongLength,
            remainder: 0,
            digestLength: 16
        )
        var builder = SignatureBuilder(geometry: geometry, recipe: ChecksumRecipe(.xxh128))
        builder.append(basis.span.bytes)
        let signature = try builder.finish()
        #expect(try patched(Delta(from: signature, to: new.span.bytes), basis) == new)
    }
}
