/// A strong checksum over data in chunks; it can be reused for many files without allocating.
public struct StreamingChecksum: ~Copyable, Sendable {
    /// The recipe.
    public let recipe: ChecksumRecipe
    private let engine: ChecksumEngine
    /// MD4's state is stored here rather than in the engine because it is a mutable value.
    private var md4 = MD4()

    /// Begins a checksum.
    ///
    /// - Parameter recipe: The recipe; its algorithm must be available on this machine.
    public init(_ recipe: ChecksumRecipe) {
        self.recipe = recipe
        switch recipe.algorithm {
        case .none: engine = .nothing
        case .md4: engine = .md4
        case .xxh64: engine = .xxHash64(XXHash64State())
        case .xxh3, .xxh128: engine = .xxHash3(XXHash3State())
        case .md5: engine = .messageDigest(MessageDigestContext(MessageDigest.md5))
        case .sha1: engine = .messageDigest(MessageDigestContext(MessageDigest.sha1))
        }
        reset()
    }

    /// Discards the added data and starts over.
    public mutating func reset() {
        switch engine {
        case .nothing: break
        case .md4: md4 = MD4()
        case .xxHash64(let state): state.reset(seed: recipe.key)
        case .xxHash3(let state): state.reset(seed: recipe.key)
        case .messageDigest(let context): context.reset()
        }
        if recipe.seedUse == .prefix { addSeed() }
    }

    /// Adds the next piece of the data.
    ///
    /// - Parameter bytes: Any number of bytes.
    public mutating func update(_ bytes: RawSpan) {
        switch engine {
        case .nothing: break
        case .md4: md4.update(bytes)
        case .xxHash64(let state): state.update(bytes)
        case .xxHash3(let state): state.update(bytes)
        case .messageDigest(let context): context.update(bytes)
        }
    }

    /// Finishes the checksum and starts over with the same recipe.
    ///
    /// - Returns: The digest of everything since the last start.
    public mutating func finish() -> Digest {
        if recipe.seedUse == .suffix { addSeed() }
        let digest =
            switch engine {
            case .nothing: Digest(0, count: 1)
            case .md4: md4.finish()
            case .xxHash64(let state): state.digest()
            case .xxHash3(let state): recipe.algorithm == .xxh128 ? state.digest128() : state.digest64()
            case .messageDigest(let context): context.finish(count: recipe.digestLength)
            }
        reset()
        return digest
    }

    /// The digest of bytes in memory, independent of the data added before, which is discarded.
    ///
    /// - Parameter bytes: The data, without the seed.
    /// - Returns: The whole digest.
    public mutating func digest(of bytes: RawSpan) -> Digest {
        if let digest = recipe.xxHashDigest(of: bytes) { return digest }
        update(bytes)
        return finish()
    }

    private mutating func addSeed() {
        let seed: [4 of UInt8] = recipe.seedBytes
        update(rawBytes(of: seed.span))
    }
}

/// The implementation of each family; each owns its C state.
///
/// MD4's state is stored separately.
/// Not private: other modules that hold a ``StreamingChecksum`` inline refer to its symbols.
enum ChecksumEngine: ~Copyable, Sendable {
    case nothing
    case md4
    case xxHash64(XXHash64State)
    case xxHash3(XXHash3State)
    case messageDigest(MessageDigestContext)
}

extension ChecksumRecipe {
    /// The seed as an xxHash seed.
    var key: UInt64 { UInt64(bitPattern: Int64(seed)) }

    /// The seed as it is mixed into data: little-endian.
    var seedBytes: [4 of UInt8] {
        [4 of UInt8] { UInt8(truncatingIfNeeded: seed >> Int32($0 * 8)) }
    }
}
