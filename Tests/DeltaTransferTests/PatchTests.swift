import Checksums
import DeltaTransfer
import Testing

@Suite("Patch and Signature")
struct PatchTests {
    private let basis = [UInt8](0..<100)

    private func apply(_ tokens: [DeltaToken], literals: [UInt8] = [1, 2, 3]) throws -> [UInt8] {
        let geometry = try sign(basis, blockLength: 30).geometry
        return try patched(Delta(geometry: geometry, tokens: tokens, literals: literals), basis)
    }

    @Test("puts literals and blocks together")
    func applies() throws {
        #expect(
            try apply([.copy(block: 2, count: 2), .literal(1..<3), .copy(block: 0, count: 1)])
                == Array(60..<100) + [2, 3] + Array(0..<30)
        )
        #expect(try apply([]) == [])
    }

    @Test("refuses tokens that point outside")
    func refuses() {
        #expect(throws: DeltaError.blockOutOfRange(block: 4, count: 1, available: 4)) {
            try apply([.copy(block: 4, count: 1)])
        }
        #expect(throws: DeltaError.blockOutOfRange(block: -1, count: 1, available: 4)) {
            try apply([.copy(block: -1, count: 1)])
        }
        #expect(throws: DeltaError.literalOutOfRange(2..<4, available: 3)) { try apply([.literal(2..<4)]) }
        #expect(throws: DeltaError.literalOutOfRange(-1..<1, available: 3)) { try apply([.literal(-1..<1)]) }
    }

    @Test("refuses a basis shorter than the signed one")
    func shortBasis() throws {
        let geometry = try sign(basis, blockLength: 30).geometry
        #expect(throws: DeltaError.basisTooShort(promised: 100, found: 99)) {
            try patched(Delta(geometry: geometry, tokens: [], literals: []), Array(basis.dropLast()))
        }
    }

    @Test("a signature needs exactly the promised bytes; more are ignored")
    func builder() throws {
        let geometry = try sign(basis, blockLength: 30).geometry
        #expect(throws: DeltaError.basisTooShort(promised: 100, found: 99)) {
            var builder = SignatureBuilder(geometry: geometry, recipe: ChecksumRecipe(.xxh128))
            builder.append(basis.span.bytes.extracting(first: 99))
            _ = try builder.finish()
        }
        var builder = SignatureBuilder(geometry: geometry, recipe: ChecksumRecipe(.xxh128))
        builder.append((basis + [1, 2, 3]).span.bytes)
        builder.append(basis.span.bytes)
        #expect(try builder.finish().rollingSums == sign(basis, blockLength: 30).rollingSums)
    }

    @Test("parts must be as many as the geometry says")
    func parts() throws {
        let geometry = try sign(basis, blockLength: 30).geometry
        let recipe = ChecksumRecipe(.xxh128)
        #expect(throws: DeltaError.sumCount(of: "rolling sums", expected: 4, found: 3)) {
            try Signature(geometry: geometry, recipe: recipe, rollingSums: [1, 2, 3], strongSums: [])
        }
        #expect(throws: DeltaError.sumCount(of: "bytes of strong sums", expected: 8, found: 7)) {
            try Signature(
                geometry: geometry,
                recipe: recipe,
                rollingSums: [1, 2, 3, 4],
                strongSums: [UInt8](repeating: 0, count: 7)
            )
        }
    }
}
