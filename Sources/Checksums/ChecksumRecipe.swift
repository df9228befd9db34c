/// How a strong checksum is computed: the algorithm, the session's seed, and the use of the seed.
public struct ChecksumRecipe: Sendable, Hashable {
    /// How the seed is used.
    public enum SeedUse: Sendable, Hashable {
        /// The seed is not used.
        case unseeded
        /// It is the hash function's own seed, sign-extended to 64 bits.
        case key
        /// Its four little-endian bytes come before the data.
        case prefix
        /// Its four little-endian bytes come after the data.
        case suffix
    }

    /// The algorithm.
    public let algorithm: ChecksumAlgorithm
    /// The seed; 0 when unused.
    public let seed: Int32
    /// How the seed is used.
    public let seedUse: SeedUse

    /// Creates a recipe.
    ///
    /// - Parameters:
    ///   - algorithm: What computes the digest.
    ///   - seed: The session's checksum seed; without effect for `unseeded`.
    ///   - seedUse: How it is used; `key` is for the xxHash family, `prefix` and `suffix` to the others.
    public init(_ algorithm: ChecksumAlgorithm, seed: Int32 = 0, seedUse: SeedUse = .unseeded) {
        switch algorithm {
        case .xxh128, .xxh3, .xxh64:
            precondition(seedUse == .unseeded || seedUse == .key, "xxHash takes its seed as a key")
        case .md5, .md4, .sha1, .none:
            precondition(seedUse != .key, "only xxHash takes a key")
        }
        self.algorithm = algorithm
        self.seed = seedUse == .unseeded ? 0 : seed
        self.seedUse = seedUse
    }

    /// The recipe of block sums (protocol specification, transfer 9.3).
    ///
    /// - Parameters:
    ///   - algorithm: The session's transfer checksum.
    ///   - seed: The session's seed; 0 mixes nothing into md4, md5 and sha1.
    ///   - seedFix: Whether the peers agreed on CHKSUM_SEED_FIX, which puts an MD5 seed before the data.
    /// - Returns: The recipe.
    package static func blocks(_ algorithm: ChecksumAlgorithm, seed: Int32, seedFix: Bool) -> ChecksumRecipe {
        let seedUse: SeedUse =
            switch algorithm {
            case .xxh128, .xxh3, .xxh64: .key
            case .none: .unseeded
            case .md5: seed == 0 ? .unseeded : seedFix ? .prefix : .suffix
            case .md4: seed == 0 ? .unseeded : .suffix
            case .sha1: seed == 0 ? .unseeded : .prefix
            }
        return ChecksumRecipe(algorithm, seed: seed, seedUse: seedUse)
    }

    /// The recipe of the whole-file checksum of a transferred file (protocol specification, transfer 9.3).
    ///
    /// - Parameters:
    ///   - algorithm: The session's transfer checksum.
    ///   - seed: The session's seed; used only by MD4 with `seedsMD4`.
    ///   - seedsMD4: Whether MD4 starts with the seed, as below protocol 30.
    /// - Returns: The recipe.
    package static func wholeFile(
        _ algorithm: ChecksumAlgorithm,
        seed: Int32,
        seedsMD4: Bool
    ) -> ChecksumRecipe {
        guard algorithm == .md4, seedsMD4 else { return ChecksumRecipe(algorithm) }
        return ChecksumRecipe(algorithm, seed: seed, seedUse: .prefix)
    }

    /// The recipe of the checksums in a file list with `-c`: never seeded (protocol specification, transfer 9.3, 9.4).
    ///
    /// - Parameter algorithm: The session's file-list checksum.
    /// - Returns: The recipe.
    package static func fileList(_ algorithm: ChecksumAlgorithm) -> ChecksumRecipe { ChecksumRecipe(algorithm) }

    /// The length of a whole digest in bytes.
    public var digestLength: Int { algorithm.digestLength }

    /// The digest of bytes in memory.
    ///
    /// For many blocks, use a ``StreamingChecksum``, which reuses the contexts of MD5 and SHA-1.
    ///
    /// - Parameter bytes: The data, without the seed.
    /// - Returns: The whole digest.
    public func digest(of bytes: RawSpan) -> Digest {
        if let digest = xxHashDigest(of: bytes) { return digest }
        var checksum = StreamingChecksum(self)
        return checksum.digest(of: bytes)
    }
}
