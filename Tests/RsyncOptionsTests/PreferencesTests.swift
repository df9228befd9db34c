import Checksums
import Testing

@testable import RsyncOptions

/// `RSYNC_CHECKSUM_LIST` and `RSYNC_COMPRESS_LIST`.
@Suite("Preferences of algorithms")
struct PreferencesTests {
    @Test(
        "names keep their order, unknown ones are dropped, servers have those after an ampersand",
        arguments: [
            ("md5 XXH64", [.md5, .xxh64], [.md5, .xxh64]), ("x md5", [.md5], [.md5]), ("auto", [], []),
            ("md5 & sha1", [.md5], [.sha1]), ("& md5", nil, [.md5]), ("md5&x", [.md5], []), (" ", nil, nil),
        ] as [(String, [ChecksumAlgorithm]?, [ChecksumAlgorithm]?)]
    )
    func checksums(text: String, client: [ChecksumAlgorithm]?, server: [ChecksumAlgorithm]?) {
        let environment = ["RSYNC_CHECKSUM_LIST": text]
        #expect(TransferOptions.Preferences(environment: environment, forServer: false).checksums == client)
        #expect(TransferOptions.Preferences(environment: environment, forServer: true).checksums == server)
    }

    @Test("compressors are read alike, and nothing is preferred without the variables")
    func compressors() {
        let environment = ["RSYNC_COMPRESS_LIST": "lz4 none"]
        let preferences = TransferOptions.Preferences(environment: environment, forServer: false)
        #expect(preferences.compressors == [.lz4, CompressionAlgorithm.none])
        #expect(preferences.checksums == nil)
    }
}
