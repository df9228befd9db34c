import Checksums
import DeltaTransfer
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@Suite("Block sums on the wire")
struct SignatureWireTests {
    struct Capture: Sendable {
        let name: String
        let algorithm: ChecksumAlgorithm
        var seedFix = true
    }

    static let captures = [
        Capture(name: "p32-xxh128", algorithm: .xxh128), Capture(name: "p32-xxh3", algorithm: .xxh3),
        Capture(name: "p32-xxh64", algorithm: .xxh64), Capture(name: "p32-md5", algorithm: .md5),
        Capture(name: "p32-sha1", algorithm: .sha1),
        Capture(name: "p30-md5-oldorder", algorithm: .md5, seedFix: false),
    ]

    @Test("are those of rsync, read and written", arguments: captures, [1, 13, Int.max])
    func golden(capture: Capture, pieceLength: Int) throws {
        let name = "transfer-blocksums-" + capture.name
        let request = try Captures.items(name, stream: "generator -> sender")
        let input = WireInput(source: ArraySource(request, pieceLength: pieceLength))
        #expect(try input.index() == 0)
        let item = try Item.read(from: input)
        #expect(item.flags.contains(.transfer))
        let recipe = ChecksumRecipe.blocks(capture.algorithm, seed: 0x1234_5678, seedFix: capture.seedFix)
        let geometry = try BlockGeometry.read(from: input, digestLength: recipe.digestLength)
        let signature = try Signature.read(geometry, recipe: recipe, from: input)
        let basis = knownBasis
        let own = try Signature(of: basis.span.bytes, recipe: recipe)
        #expect(signature.geometry == own.geometry)
        #expect(signature.rollingSums == own.rollingSums)
        #expect(signature.strongSums == own.strongSums)

        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try output.index(0)
        try item.write(to: output)
        try own.geometry.write(to: output)
        try own.write(to: output)
        try output.flush()
        #expect(hex(sink.bytes) == hex(request.prefix(sink.bytes.count)))
    }

    @Test("lead to the file that rsync sent", arguments: captures)
    func delta(capture: Capture) throws {
        let stream = try Captures.items("transfer-blocksums-" + capture.name, stream: "sender -> receiver")
        let input = WireInput(source: ArraySource(stream))
        _ = try input.index()
        _ = try Item.read(from: input)
        let geometry = try BlockGeometry.read(from: input, digestLength: capture.algorithm.digestLength)
        let reader = try TokenReader(input: input, compression: .none)
        #expect(try rebuild(reader, geometry, basis: knownBasis) == knownNew)
    }

    @Test("of many blocks cross frames")
    func many() throws {
        let geometry = try BlockGeometry(
            count: 100_000,
            blockLength: 700,
            strongLength: 5,
            remainder: 1,
            digestLength: 16
        )
        let signature = try Signature(
            geometry: geometry,
            recipe: ChecksumRecipe(.md5),
            rollingSums: (0..<100_000).map { UInt32($0) &* 2_654_435_761 },
            strongSums: knownBytes(500_000)
        )
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.startMultiplexing()
        try signature.write(to: output)
        try output.flush()
        let input = WireInput(source: ArraySource(sink.bytes, pieceLength: 4099))
        input.startMultiplexing()
        let copy = try Signature.read(geometry, recipe: signature.recipe, from: input)
        #expect(copy.rollingSums == signature.rollingSums && copy.strongSums == signature.strongSums)
        #expect(try input.hasMore() == false)
    }

    @Test("end with an error wherever they are cut")
    func truncated() throws {
        let request = try Captures.items("transfer-blocksums-p32-md5", stream: "generator -> sender")
        for end in 0..<request.count - 5 {
            let code = exitCode {
                let input = WireInput(source: ArraySource(Array(request[..<end])))
                _ = try input.index()
                _ = try Item.read(from: input)
                let geometry = try BlockGeometry.read(from: input, digestLength: 16)
                _ = try Signature.read(geometry, recipe: ChecksumRecipe(.md5), from: input)
            }
            #expect(code == 12, "cut at \(end)")
        }
    }

    @Test("and deletion statistics refuse numbers out of range")
    func statistics() throws {
        var deleted = DeletionStatistics()
        deleted.files = 2
        deleted.directories = 1
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try output.index(SpecialIndex.deletionStatistics)
        try deleted.write(to: output)
        try output.flush()
        #expect(hex(sink.bytes) == "ff020201000000")
        for (text, code) in [
            ("02 01 00 00 00", 0), ("f0ffffffff 00 00 00 00", 2), ("00 00 f000000020 00 00", 2), ("00", 12),
        ] {
            let input = WireInput(source: ArraySource(bytes(hex: text)))
            #expect(exitCode { _ = try DeletionStatistics.read(from: input) } == Int32(code))
        }
    }

    @Test("are followed by statistics as rsync's server sends them")
    func transferStatistics() throws {
        let input = WireInput(source: ArraySource(bytes(hex: "004d00 00f900 001e00 000100 000000")))
        var expected = TransferStatistics()
        expected.bytesRead = 77
        expected.bytesWritten = 249
        expected.totalSize = 30
        expected.listBuildTime = 1
        #expect(try TransferStatistics.read(from: input) == expected)
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try expected.write(to: output)
        try output.flush()
        #expect(hex(sink.bytes) == "004d0000f900001e00000100000000")
    }
}
