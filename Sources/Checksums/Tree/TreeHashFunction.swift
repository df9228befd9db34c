/// The function of a tree hash.
package enum TreeHashFunction: String, CaseIterable, Sendable {
    /// XXH3 with 128 bits: finds accidents, not attacks.
    case xxh128
    /// SHA-256 of OpenSSL.
    case sha256
    /// BLAKE2b with 512 bits of OpenSSL, for processors without instructions for SHA-256.
    case blake2b512

    /// The length of a digest in bytes.
    package var digestLength: Int {
        switch self {
        case .xxh128: 16
        case .sha256: 32
        case .blake2b512: 64
        }
    }

    /// Whether nobody can make two contents of one digest.
    package var isStrong: Bool { self != .xxh128 }

    /// Whether this machine's crypto library provides it.
    package var isAvailable: Bool {
        switch self {
        case .xxh128: true
        case .sha256: MessageDigest.sha256 != nil
        case .blake2b512: MessageDigest.blake2b512 != nil
        }
    }

    /// The strong function that is faster on this machine; measured once per process.
    package static let strong: TreeHashFunction = {
        guard sha256.isAvailable else { return .blake2b512 }
        guard blake2b512.isAvailable else { return .sha256 }
        let sample = [UInt8](repeating: 0xA5, count: 256 * 1024)
        func time(_ function: TreeHashFunction) -> Duration {
            var hasher = TreeHasher(function)
            return (0..<3).map { _ in ContinuousClock().measure { _ = hasher.leaf(of: sample.span) } }.min() ?? .zero
        }
        return time(.blake2b512) < time(.sha256) ? .blake2b512 : .sha256
    }()
}
