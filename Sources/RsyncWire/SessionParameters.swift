package import Checksums
package import RsyncOptions

/// The compat flags that a server announces for the session (protocol specification, session 4.2).
package struct CompatibilityFlags: OptionSet, Sendable {
    /// The number on the wire.
    package let rawValue: Int32
    /// Creates a set from the number on the wire.
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// File lists are sent directory by directory.
    package static let incrementalRecursion = CompatibilityFlags(rawValue: 0x01)
    /// The server can set the times of symbolic links.
    package static let symlinkTimes = CompatibilityFlags(rawValue: 0x02)
    /// The server converts symbolic links with --iconv.
    package static let symlinkIconv = CompatibilityFlags(rawValue: 0x04)
    /// The end of a file list may carry error bits.
    package static let safeFileList = CompatibilityFlags(rawValue: 0x08)
    /// Extended attributes of hard links are not omitted.
    package static let avoidXattrOptimization = CompatibilityFlags(rawValue: 0x10)
    /// MD5 block sums hash the seed first.
    package static let checksumSeedFix = CompatibilityFlags(rawValue: 0x20)
    /// A file of the partial directory may be updated in place.
    package static let inPlacePartialDirectory = CompatibilityFlags(rawValue: 0x40)
    /// Flags of file-list entries are varints, and algorithms are negotiated.
    package static let varintFileListFlags = CompatibilityFlags(rawValue: 0x80)
    /// ID lists end with the name of ID 0.
    package static let idZeroNames = CompatibilityFlags(rawValue: 0x100)
}

/// The parameters that the two ends agreed on before the first file list.
package struct SessionParameters: Sendable, Equatable {
    /// The dialect of the negotiated version.
    package var dialect = Dialect.newest
    /// The server's flags.
    package var flags: CompatibilityFlags = []
    /// The algorithm of block sums and of whole-file checksums after a transfer.
    package var checksum: ChecksumAlgorithm = .md5
    /// Whether neither end named the algorithm: then an MD4 of an old protocol has its old form.
    package var isChecksumImplied = false
    /// The algorithm of the checksums of `-c` in the file list.
    package var fileChecksum: ChecksumAlgorithm = .md5
    /// The compression of literal data.
    package var compression: CompressionAlgorithm = .none
    /// The compression level; nil for the algorithm's default.
    package var compressionLevel: Int?
    /// The checksum seed, included in block sums.
    package var seed: Int32 = 0

    /// Creates the parameters of a session that negotiated nothing.
    package init() {}

    /// Whether long extended attributes of hard links are neither requested nor sent (protocol specification, transfer
    /// 8.2).
    package var omitsValuesOfLinks: Bool { dialect.mayOmitValuesOfLinks && !flags.contains(.avoidXattrOptimization) }

    /// Whether there is one file list per directory.
    package var isIncremental: Bool { flags.contains(.incrementalRecursion) }
}
