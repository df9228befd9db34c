import Checksums
import DeltaTransfer
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@Suite("Token streams")
struct TokenTests {
    static let compressors: [CompressionAlgorithm] = [.none, .zlib, .zlibx, .zstd, .lz4]

    @Test("of rsync decode to the file that was sent", arguments: compressors, [1, 7, Int.max])
    func goldenDelta(compression: CompressionAlgorithm, pieceLength: Int) throws {
        let stream = try Captures.items("transfer-tokens-\(compression)", stream: "sender -> receiver")
        let input = WireInput(source: ArraySource(stream, pieceLength: pieceLength))
        let reader = try TokenReader(input: input, compression: compression)
        #expect(try input.index() == 0)
        #expect(try Item.read(from: input).flags == [.reportSize, .reportTime, .transfer])
        let geometry = try BlockGeometry.read(from: input, digestLength: 16)
        #expect(geometry.count == 12 && geometry.blockLength == 700 && geometry.remainder == 492)
        #expect(try rebuild(reader, geometry, basis: TokenCapture.basis) == TokenCapture.new)
        let new = TokenCapture.new
        let sum = ChecksumRecipe(.md5).digest(of: new.span.bytes)
        #expect(try input.bytes(16, "sum") == sum.bytes)
        #expect(try input.index() == SpecialIndex.done)
    }

    @Test("of rsync keep their compressor from file to file", arguments: compressors)
    func goldenTwoFiles(compression: CompressionAlgorithm) throws {
        let stream = try Captures.items("transfer-tokens-\(compression)-two-files", stream: "sender -> receiver")
        let input = WireInput(source: ArraySource(stream))
        let reader = try TokenReader(input: input, compression: compression)
        var contents: [[UInt8]] = []
        while case let index = try input.index(), index != SpecialIndex.done {
            let item = try Item.read(from: input)
            guard item.flags.contains(.transfer) else { continue }
            let geometry = try BlockGeometry.read(from: input, digestLength: 16)
            let content = try rebuild(reader, geometry, basis: [])
            contents.append(content)
            let sum = ChecksumRecipe(.md5).digest(of: content.span.bytes)
            #expect(try input.bytes(16, "sum") == sum.bytes)
        }
        #expect(contents == [Array(TokenCapture.basis[..<3000]), Array(TokenCapture.basis[3000..<6000])])
    }

    @Test("end with an error wherever they are cut", arguments: compressors)
    func truncated(compression: CompressionAlgorithm) throws {
        let whole = try Captures.items("transfer-tokens-\(compression)", stream: "sender -> receiver")
        let length = whole.count - 5 - 16
        for end in 0..<length {
            let code = exitCode {
                let input = WireInput(source: ArraySource(Array(whole[..<end])))
                let reader = try TokenReader(input: input, compression: compression)
                _ = try input.index()
                _ = try Item.read(from: input)
                let geometry = try BlockGeometry.read(from: input, digestLength: 16)
                _ = try rebuild(reader, geometry, basis: TokenCapture.basis)
            }
            #expect(code == 12, "cut at \(end) of \(length)")
        }
    }

    @Test("survive any changed byte", arguments: compressors)
    func corrupted(compression: CompressionAlgorithm) throws {
        let whole = try Captures.items("transfer-tokens-\(compression)", stream: "sender -> receiver")
        var refused = 0
        for position in 19..<whole.count {
            var changed = whole
            changed[position] ^= 0x55
            let code = exitCode {
                let input = WireInput(source: ArraySource(changed))
                let reader = try TokenReader(input: input, compression: compression)
                _ = try input.index()
                _ = try Item.read(from: input)
                let geometry = try BlockGeometry.read(from: input, digestLength: 16)
                guard geometry.basisSize <= TokenCapture.basis.count else { return }
                _ = try rebuild(reader, geometry, basis: TokenCapture.basis)
            }
            #expect([0, 2, 12, 22].contains(code), "byte \(position)")
            if code != 0 { refused += 1 }
        }
        // A changed literal byte, or another block, is for the whole-file checksum to find.
        #expect(refused > 10, "\(refused) of \(whole.count - 19)")
    }

    @Test("are the specification's bytes for runs and distances")
    func framing() throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        let writer = try TokenWriter(output: output, compression: .zlibx)
        try writer.copy(block: 0, count: 1)
        try writer.copy(block: 2, count: 3)
        try writer.copy(block: 5, count: 1)
        try writer.copy(block: 69, count: 1)
        try writer.copy(block: 68, count: 1)
        try writer.copy(block: 100_000, count: 65_537)
        try writer.end()
        try output.flush()
        let expected = "80  c2 0300  20 45000000  20 44000000  21 a0860100 ffff  81  00"
        #expect(hex(sink.bytes) == hex(bytes(hex: expected)))
    }

    @Test("are the specification's bytes without compression")
    func plain() throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        let writer = try TokenWriter(output: output, compression: .none)
        try writer.copy(block: 0, count: 2)
        let text = Array("abc".utf8)
        try writer.literal(text.span.bytes)
        let nothing: [UInt8] = []
        try writer.literal(nothing.span.bytes)
        try writer.end()
        try output.flush()
        #expect(hex(sink.bytes) == "fffffffffeffffff0300000061626300000000")
    }

    @Test("join adjacent blocks that have arrived, and stop where the peer sends others")
    func plainRuns() throws {
        let stream = bytes(hex: "ffffffff feffffff fdffffff f0ffffff 01000000 41 efffffff 00000000")
        for pieceLength in [1, 3, 4, 100] {
            let reader = try TokenReader(
                input: WireInput(source: ArraySource(stream, pieceLength: pieceLength)),
                compression: .none
            )
            let blocks = (0..<20).flatMap { [UInt8](repeating: UInt8($0), count: 2) }
            let geometry = try BlockGeometry(count: 20, blockLength: 2, strongLength: 2, remainder: 0, digestLength: 16)
            let expected: [UInt8] = [0, 0, 1, 1, 2, 2, 15, 15, 0x41, 16, 16]
            #expect(try rebuild(reader, geometry, basis: blocks) == expected)
        }
    }

    @Suite("Random token streams")
    struct PropertyTests {
        @Test("come back as they were sent", arguments: compressors, Array(1...12))
        func roundTrip(compression: CompressionAlgorithm, seed: Int) throws {
            var random = SeededRandom(seed: UInt64(seed))
            let version: Int32 = seed % 3 == 0 ? 30 : 32
            let blockLength = [700, 4096, 70_000, 131_072][seed % 4]
            let basis = random.bytes(blockLength * 5 + 123, below: [4, 256][seed % 2])
            let rule = BlockRule(digestLength: 16, forcedBlockLength: blockLength)
            let geometry = try BlockGeometry(basisSize: Int64(basis.count), rule: rule)
            let sink = ArraySink()
            let output = WireOutput(sink: sink)
            output.dialect = Dialect(version)
            output.startMultiplexing()
            let writer = try TokenWriter(output: output, compression: compression, level: seed % 5 == 0 ? 1 : nil)
            var files: [[UInt8]] = []
            for _ in 0..<4 {
                var steps: [Step] = []
                var content: [UInt8] = []
                for _ in 0..<Int.random(in: 0..<7, using: &random) {
                    if Bool.random(using: &random) {
                        let first = Int.random(in: 0..<geometry.count, using: &random)
                        let count = Int.random(in: 1...geometry.count - first, using: &random)
                        steps.append(.copy(block: first, count: count))
                        let end = try geometry.range(ofBlock: first, count: count)
                        content += basis[Int(end.lowerBound)..<Int(end.upperBound)]
                    } else {
                        // Part of the basis, so that zlib's history is used, with noise in front.
                        let start = Int.random(in: 0..<basis.count, using: &random)
                        let length = Int.random(in: 0...min(basis.count - start, 90_000), using: &random)
                        let bytes =
                            random.bytes(Int.random(in: 0..<200, using: &random)) + basis[start..<start + length]
                        steps.append(.literal(bytes))
                        content += bytes
                    }
                }
                files.append(content)
                try send(steps, writer, geometry, basis: basis, inPlace: seed % 2 == 0)
            }
            try output.flush()
            let input = WireInput(source: ArraySource(sink.bytes, pieceLength: [1000, 33, 65536][seed % 3]))
            input.dialect = Dialect(version)
            input.startMultiplexing()
            let reader = try TokenReader(input: input, compression: compression)
            for (number, file) in files.enumerated() {
                #expect(try rebuild(reader, geometry, basis: basis) == file, "file \(number), seed \(seed)")
            }
            #expect(try input.hasMore() == false)
        }
    }

    @Test("use zlib's history only where the format wants it")
    func history() throws {
        var sizes: [CompressionAlgorithm: Int] = [:]
        let basis = knownBytes(30_000)
        let geometry = try BlockGeometry(
            count: 1,
            blockLength: 30_000,
            strongLength: 2,
            remainder: 0,
            digestLength: 16
        )
        for compression in [CompressionAlgorithm.zlib, .zlibx] {
            let sink = ArraySink()
            let output = WireOutput(sink: sink)
            let writer = try TokenWriter(output: output, compression: compression)
            #expect(writer.needsMatchedBytes == (compression == .zlib))
            let steps: [Step] = [.copy(block: 0, count: 1), .literal(Array(basis[1000..<9000]))]
            try send(steps, writer, geometry, basis: basis, inPlace: false)
            try output.flush()
            sizes[compression] = sink.bytes.count
        }
        #expect(try #require(sizes[.zlib]) < 200)
        #expect(try #require(sizes[.zlibx]) > 7900)
    }

    @Test("fill zlib's history as a stock receiver does", arguments: [(30_000, 32), (70_000, 32), (70_000, 30)])
    func stockHistory(blockLength: Int, version: Int) throws {
        let basis = knownBytes(blockLength)
        let geometry = try BlockGeometry(
            count: 1,
            blockLength: blockLength,
            strongLength: 2,
            remainder: 0,
            digestLength: 16
        )
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = Dialect(Int32(version))
        let writer = try TokenWriter(output: output, compression: .zlib)
        let literal = Array(basis[(blockLength - 9000)...])
        try send([.copy(block: 0, count: 1), .literal(literal)], writer, geometry, basis: basis, inPlace: false)
        try output.flush()
        #expect(sink.bytes[0] == 0x80)
        // A receiver of rsync feeds the block to its decompressor as stored blocks; here they travel as data.
        var stored: [UInt8] = []
        var inserted: [UInt8] = []
        for start in stride(from: 0, to: blockLength, by: 0xffff) {
            let count = min(0xffff, blockLength - start)
            let low = UInt8(count & 0xff)
            let high = UInt8(count >> 8)
            let from = version >= 31 ? start : 0
            stored += [0, low, high, ~low, ~high] + basis[from..<from + count]
            inserted += basis[from..<from + count]
        }
        let chunks = stride(from: 0, to: stored.count, by: 16383).flatMap { start -> [UInt8] in
            let count = min(16383, stored.count - start)
            return [0x40 | UInt8(count >> 8), UInt8(count & 0xff)] + stored[start..<start + count]
        }
        let input = WireInput(source: ArraySource(chunks + sink.bytes.dropFirst()))
        let reader = try TokenReader(input: input, compression: .zlibx)
        #expect(try rebuild(reader, .empty, basis: []) == inserted + literal)
        // Before protocol 31 the end of a long block is not in the history, so that it is sent.
        #expect((sink.bytes.count < 500) == (version >= 31))
    }
}
