import DeltaTransfer
import Testing

@Suite("BlockGeometry")
struct BlockGeometryTests {
    private static let gibibyte: Int64 = 1 << 30

    @Test(
        "follows rsync's rule",
        arguments: [
            (1, 700, 2, 1, 1),
            (700, 700, 2, 1, 0),
            (701, 700, 2, 2, 1),
            (490_000, 700, 2, 700, 0),
            (490_001, 700, 2, 701, 1),
            (65_536, 700, 2, 94, 436),
            (1 << 20, 1024, 2, 1024, 0),
            (100 << 20, 10240, 3, 10240, 0),
            (gibibyte, 32768, 3, 32768, 0),
            (10 * gibibyte, 103_616, 4, 103_628, 3008),
            (1024 * gibibyte, 131_072, 6, 8_388_608, 0),
        ] as [(Int64, Int, Int, Int, Int)]
    )
    func rule(size: Int64, blockLength: Int, strongLength: Int, count: Int, remainder: Int) throws {
        let geometry = try BlockGeometry(basisSize: size, rule: BlockRule(digestLength: 16))
        #expect(geometry.blockLength == blockLength)
        #expect(geometry.strongLength == strongLength)
        #expect(geometry.count == count)
        #expect(geometry.remainder == remainder)
        #expect(geometry.basisSize == size)
        let last = try geometry.range(ofBlock: count - 1)
        #expect(last.upperBound == size)
        #expect(geometry.length(of: count - 1) == last.count)
    }

    @Test("knows the exact root around every square")
    func roots() throws {
        for root in stride(from: Int64(704), to: 131_072, by: 8 * 101) {
            for (size, expected) in [(root * root - 1, root - 8), (root * root, root), (root * root + 1, root)] {
                let geometry = try BlockGeometry(basisSize: size, rule: BlockRule(digestLength: 16))
                #expect(geometry.blockLength == max(Int(expected), 700), "size \(size)")
            }
        }
    }

    @Test("obeys a forced length, short digests, the redo pass and the old maximum")
    func choices() throws {
        let size = 1024 * Self.gibibyte
        func geometry(_ rule: BlockRule) throws -> BlockGeometry { try BlockGeometry(basisSize: size, rule: rule) }
        #expect(try geometry(BlockRule(digestLength: 16, forcedBlockLength: 1000)).blockLength == 1000)
        #expect(try geometry(BlockRule(digestLength: 16, forcedBlockLength: 1 << 20)).blockLength == 131_072)
        #expect(try geometry(BlockRule(digestLength: 16, isRedo: true)).strongLength == 16)
        #expect(try geometry(BlockRule(digestLength: 20, isRedo: true)).strongLength == 16)
        #expect(try geometry(BlockRule(digestLength: 8, isRedo: true)).strongLength == 8)
        #expect(try geometry(BlockRule(digestLength: 1)).strongLength == 1)
        let old = BlockRule(digestLength: 16, maximumBlockLength: 1 << 29)
        #expect(try geometry(old).blockLength == 1 << 20)
        #expect(throws: DeltaError.tooManyBlocks(size)) {
            try geometry(BlockRule(digestLength: 16, forcedBlockLength: 1))
        }
    }

    @Test("is empty without a basis")
    func empty() throws {
        #expect(try BlockGeometry(basisSize: 0, rule: BlockRule(digestLength: 16)) == .empty)
        #expect(
            try BlockGeometry(count: 0, blockLength: 0, strongLength: 0, remainder: 0, digestLength: 16) == .empty
        )
    }

    @Test(
        "refuses a peer's numbers outside their ranges",
        arguments: [
            (-1, 700, 2, 0, "block count"),
            (1 << 31, 700, 2, 0, "block count"),
            (1, 0, 2, 0, "block length"),
            (1, -1, 2, 0, "block length"),
            (0, 131_073, 0, 0, "block length"),
            (1, 700, -1, 0, "strong sum length"),
            (1, 700, 17, 0, "strong sum length"),
            (1, 700, 2, -1, "remainder"),
            (1, 700, 2, 701, "remainder"),
        ]
    )
    func refuses(count: Int, blockLength: Int, strongLength: Int, remainder: Int, field: String) {
        let error = #expect(throws: DeltaError.self) {
            try BlockGeometry(
                count: count,
                blockLength: blockLength,
                strongLength: strongLength,
                remainder: remainder,
                digestLength: 16
            )
        }
        guard case .invalidField(field, _) = error else {
            Issue.record("\(String(describing: error)) does not name the \(field)")
            return
        }
    }

    @Test("checks the blocks of a copy token", arguments: [(-1, 1), (0, 0), (0, -1), (94, 1), (93, 2), (1, Int.max)])
    func ranges(block: Int, count: Int) throws {
        let geometry = try BlockGeometry(basisSize: 65_536, rule: BlockRule(digestLength: 16))
        #expect(throws: DeltaError.blockOutOfRange(block: block, count: count, available: 94)) {
            try geometry.range(ofBlock: block, count: count)
        }
        #expect(try geometry.range(ofBlock: 92, count: 2) == 64_400..<65_536)
        #expect(try geometry.range(ofBlock: 1) == 700..<1400)
    }
}
