import Checksums
import TestSupport
import Testing

private func digest(_ recipe: ChecksumRecipe, _ bytes: [UInt8]) -> Digest {
    recipe.digest(of: bytes.span.bytes)
}

private func streamed(_ checksum: inout StreamingChecksum, _ bytes: [UInt8], pieces: [Int]) -> Digest {
    let span = bytes.span.bytes
    var start = 0
    var turn = 0
    while start < bytes.count {
        let end = min(start + pieces[turn % pieces.count], bytes.count)
        checksum.update(span.extracting(start..<end))
        start = end
        turn += 1
    }
    return checksum.finish()
}

/// A row of the specification's table of block sums (protocol specification, transfer 22).
struct BlockSum: Sendable, CustomTestStringConvertible {
    let algorithm: ChecksumAlgorithm
    var seed: Int32 = 0x1234_5678
    var seedFix = true
    let abc: String
    var known: String?
    var testDescription: String { "\(algorithm), seed \(seed), fix \(seedFix)" }

    static let all = [
        BlockSum(algorithm: .xxh64, abc: "2bf41a5f65d17f0f", known: "476101f40f5c280a"),
        BlockSum(algorithm: .xxh3, abc: "2791f6cd464913ce", known: "d5701b7d7c13600c"),
        BlockSum(
            algorithm: .xxh128,
            abc: "2791f6cd464913ceddc49a22946c9bd8",
            known: "d5701b7d7c13600c4670770f642919ef"
        ),
        BlockSum(
            algorithm: .md5,
            abc: "5a035b41f39449760a0c6a01e4060c62",
            known: "b99e68e9ef9b0492930b6848c415ff0a"
        ),
        BlockSum(
            algorithm: .md5,
            seedFix: false,
            abc: "a7e33be7c2164ebddcb3da6720a2d7d4",
            known: "e3becf8eddf6be9956af4436eadbc3d2"
        ),
        BlockSum(
            algorithm: .md4,
            abc: "dfc21629291028d56ee023a48767e5c9",
            known: "d50725e523f0d0546556b130a78ebcde"
        ),
        BlockSum(
            algorithm: .sha1,
            abc: "d3e61ddc0c84883a9f1e2e76eba65782e2cd74ee",
            known: "d7c0e2b0b28e996a9384b4409eabc73f19181352"
        ),
        BlockSum(algorithm: .xxh64, seed: -2, abc: "52b5e925aa47587b"),
        BlockSum(algorithm: .xxh3, seed: -2, abc: "c7ea849696fb44b7"),
        BlockSum(algorithm: .xxh128, seed: -2, abc: "c7ea849696fb44b7a514441f0e37a5a2"),
        // Seed 0 mixes nothing in: the plain digest of RFC 1321.
        BlockSum(algorithm: .md5, seed: 0, abc: "900150983cd24fb0d6963f7d28e17f72"),
        BlockSum(algorithm: .md4, seed: 0, abc: "a448017aaf21d8525fc10ae87aa6729d"),
    ]
}

@Suite("Strong checksums")
struct StrongChecksumTests {
    @Test("give the specification's block sums", arguments: BlockSum.all)
    func blockSums(row: BlockSum) {
        let recipe = ChecksumRecipe.blocks(row.algorithm, seed: row.seed, seedFix: row.seedFix)
        #expect(digest(recipe, Array("abc".utf8)).description == row.abc)
        if let known = row.known { #expect(digest(recipe, Array(knownBasis[..<700])).description == known) }
    }

    @Test(
        "give the specification's whole-file sums",
        arguments: [
            (.xxh64, "dec226e004b3d75a"),
            (.xxh3, "36bd21b3856bac6f"),
            (.xxh128, "36bd21b3856bac6f23aa85a65a044a8c"),
            (.md5, "07ba990ebda712e3fa2ccc475c75f183"),
            (.md4, "7a86803b61cfdf74d3041ef2b78022a8"),
            (.sha1, "70174d33f0b7e9cd4002d207c0cd9691c89f2b7d"),
            (.none, "00"),
        ] as [(ChecksumAlgorithm, String)]
    )
    func wholeFile(algorithm: ChecksumAlgorithm, expected: String) {
        let recipe = ChecksumRecipe.wholeFile(algorithm, seed: 7, seedsMD4: false)
        #expect(digest(recipe, knownBasis).description == expected)
        #expect(ChecksumRecipe.fileList(algorithm) == recipe)
        var checksum = StreamingChecksum(recipe)
        for pieces in [[1, 63, 64, 65, 127], [65536], [700], [7, 4096]] {
            // One value serves file after file: each turn begins where the last one ended.
            #expect(streamed(&checksum, knownBasis, pieces: pieces).description == expected, "pieces \(pieces)")
        }
        #expect(recipe.digestLength * 2 == expected.count)
    }

    @Test("seed MD4 before the file's data below protocol 30")
    func oldMD4() {
        let old = ChecksumRecipe.wholeFile(.md4, seed: 0x1234_5678, seedsMD4: true)
        #expect(digest(old, Array("abc".utf8)).description == "4d713279fde8d43637584c88006e02f8")
        let list = ChecksumRecipe.fileList(.md4)
        #expect(
            digest(list, [UInt8](repeating: 0x78, count: 64)).description == "b1abf956a5ae6f3221e5fe85e300fbb0"
        )
        let seeded = ChecksumRecipe.blocks(.md4, seed: 0x1234_5678, seedFix: false)
        #expect(
            digest(seeded, [UInt8](repeating: 0x78, count: 60)).description == "b79969c780de86dd8e9d1ad8c3b86c87"
        )
    }

    @Test("give the known sums of nothing")
    func empty() {
        #expect(digest(.fileList(.xxh128), []).description == "7f498d4624c30160d8984701d306aa99")
        #expect(digest(.fileList(.xxh64), []).description == "99e9d85137db46ef")
        #expect(digest(.fileList(.md4), []).description == "31d6cfe0d16ae931b73c59d7e0c089c0")
        #expect(digest(.fileList(.md5), []).description == "d41d8cd98f00b204e9800998ecf8427e")
    }

    @Test(
        "compute MD4 as RFC 1320 says",
        arguments: [
            ("a", "bde52cb31de33e46245e05fbdbd6fb24"),
            ("message digest", "d9130a8164549fe818874806e1c7014b"),
            ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "043f8582f241db351ce627e153e7f0e4"
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "e33b4ddc9c38f2199c3e7b164fcc0536"
            ),
        ]
    )
    func md4(text: String, expected: String) {
        #expect(digest(.fileList(.md4), Array(text.utf8)).description == expected)
    }

    @Test("stream what they give at once, at every length", arguments: ChecksumAlgorithm.allCases)
    func lengths(algorithm: ChecksumAlgorithm) {
        let recipe = ChecksumRecipe.blocks(algorithm, seed: 99, seedFix: true)
        var checksum = StreamingChecksum(recipe)
        for length in 0..<300 {
            let bytes = Array(knownBasis[..<length])
            let whole = digest(recipe, bytes)
            #expect(streamed(&checksum, bytes, pieces: [1, 5, 60, 64]) == whole, "length \(length)")
            let span = bytes.span.bytes
            checksum.update(span)
            checksum.reset()
            let again = checksum.digest(of: span)
            #expect(again == whole, "length \(length) after a reset")
        }
    }

    @Test("are found by their wire names")
    func names() {
        #expect(ChecksumAlgorithm(name: "xxhash") == .xxh64)
        #expect(ChecksumAlgorithm(name: "md3") == nil)
        #expect(
            ChecksumAlgorithm.allCases.map(\.name) == ["xxh128", "xxh3", "xxh64", "md5", "md4", "sha1", "none"]
        )
        for algorithm in ChecksumAlgorithm.allCases {
            #expect(ChecksumAlgorithm(name: algorithm.name) == algorithm)
            #expect(algorithm.isAvailable)
        }
    }
}
