import Checksums
import RsyncWire
import Testing

@testable import RsyncEngine

/// How checksums are computed at each version (protocol specification, transfer 9.3).
@Suite("Recipes of checksums")
struct RecipeTests {
    private static func parameters(_ version: Int32, _ checksum: ChecksumAlgorithm, isImplied: Bool)
        -> SessionParameters
    {
        var parameters = SessionParameters()
        parameters.dialect = Dialect(version)
        parameters.checksum = checksum
        parameters.isChecksumImplied = isImplied
        parameters.seed = 7
        return parameters
    }

    @Test("before protocol 30 an MD4 includes the seed only if neither end named it", arguments: Dialect.supported)
    func md4(version: Int32) {
        let implied = Self.parameters(version, .md4, isImplied: true).transferRecipe
        let named = Self.parameters(version, .md4, isImplied: false).transferRecipe
        #expect(implied.seedUse == (version < 30 ? .prefix : .unseeded))
        #expect(named.seedUse == .unseeded)
    }

    @Test("an MD5 of a block begins with the seed before protocol 30, and with the fix", arguments: Dialect.supported)
    func md5(version: Int32) {
        var parameters = Self.parameters(version, .md5, isImplied: false)
        #expect(parameters.blockRecipe.seedUse == (version < 30 ? .prefix : .suffix))
        parameters.flags.insert(.checksumSeedFix)
        #expect(parameters.blockRecipe.seedUse == .prefix)
    }
}
