internal import CXXHash

// Invariant of both states: the C state is made in `init`, freed in `deinit`, never shared and never lent out; the
// library reads exactly the bytes of the span it is given, during the call. Sendable: only the one owner,
// ``StreamingChecksum``, uses it, and does so in mutating methods, hence never from two threads at once.

/// The state of a running XXH64.
@safe struct XXHash64State: ~Copyable, @unchecked Sendable {
    private let state: OpaquePointer

    init() {
        guard let state = unsafe XXH64_createState() else { preconditionFailure("out of memory") }
        unsafe self.state = unsafe state
    }

    deinit { unsafe _ = XXH64_freeState(state) }

    func reset(seed: UInt64) { unsafe _ = XXH64_reset(state, seed) }

    func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe _ = XXH64_update(state, $0.baseAddress, $0.count) }
    }

    func digest() -> Digest { Digest(unsafe XXH64_digest(state), count: 8) }
}

/// The state of a running XXH3, for 64 and 128 bits alike.
@safe struct XXHash3State: ~Copyable, @unchecked Sendable {
    private let state: OpaquePointer

    init() {
        guard let state = unsafe XXH3_createState() else { preconditionFailure("out of memory") }
        unsafe self.state = unsafe state
    }

    deinit { unsafe _ = XXH3_freeState(state) }

    // A state for 64 bits and one for 128 differ only in how they are read.
    func reset(seed: UInt64) { unsafe _ = XXH3_128bits_reset_withSeed(state, seed) }

    func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe _ = dvm_XXH3_update(state, $0.baseAddress, $0.count) }
    }

    func digest64() -> Digest { Digest(unsafe XXH3_64bits_digest(state), count: 8) }

    func digest128() -> Digest {
        let hash = unsafe XXH3_128bits_digest(state)
        return Digest(hash.low64, hash.high64, count: 16)
    }
}

/// XXH3 with 128 bits without any state.
enum XXHash3 {
    /// The digest in its canonical form, the high word first and each big-endian, with zeros after its 16 bytes.
    static func canonicalDigest(of bytes: RawSpan, seed: UInt64) -> [64 of UInt8] {
        let hash = unsafe bytes.withUnsafeBytes { unsafe dvm_XXH3_128bits($0.baseAddress, $0.count, seed) }
        var digest = [64 of UInt8](repeating: 0)
        for index in 0..<8 {
            digest[index] = UInt8(truncatingIfNeeded: hash.high64 >> UInt64(56 - 8 * index))
            digest[8 + index] = UInt8(truncatingIfNeeded: hash.low64 >> UInt64(56 - 8 * index))
        }
        return digest
    }
}

extension ChecksumRecipe {
    /// The digest of bytes in memory without any state; nil when the algorithm is not of the xxHash family.
    func xxHashDigest(of bytes: RawSpan) -> Digest? {
        switch algorithm {
        case .xxh128:
            let hash = unsafe bytes.withUnsafeBytes { unsafe dvm_XXH3_128bits($0.baseAddress, $0.count, key) }
            return Digest(hash.low64, hash.high64, count: 16)
        case .xxh3:
            return Digest(
                unsafe bytes.withUnsafeBytes { unsafe dvm_XXH3_64bits($0.baseAddress, $0.count, key) },
                count: 8
            )
        case .xxh64:
            return Digest(unsafe bytes.withUnsafeBytes { unsafe XXH64($0.baseAddress, $0.count, key) }, count: 8)
        case .md5, .md4, .sha1, .none:
            return nil
        }
    }
}
