/// A strong checksum that rsync peers can negotiate.
public enum ChecksumAlgorithm: String, CaseIterable, Sendable {
    // In rsync's own order of preference, which a list on the wire must keep (protocol specification, transfer 9.2).
    /// XXH3 with 128 bits.
    case xxh128
    /// XXH3 with 64 bits.
    case xxh3
    /// XXH64.
    case xxh64
    /// MD5.
    case md5
    /// MD4.
    case md4
    /// SHA-1.
    case sha1
    /// No checksum: nothing is matched and nothing is verified.
    case none

    /// Finds an algorithm by its name on the wire or on the command line.
    ///
    /// - Parameter name: A name, such as `xxh128`, or the alias `xxhash` of `xxh64`.
    public init?(name: String) {
        self.init(rawValue: name == "xxhash" ? ChecksumAlgorithm.xxh64.rawValue : name)
    }

    /// The name on the wire.
    public var name: String { rawValue }

    /// The length of a whole digest in bytes (protocol specification, transfer 9.2).
    public var digestLength: Int {
        switch self {
        case .xxh128, .md5, .md4: 16
        case .xxh3, .xxh64: 8
        case .sha1: 20
        case .none: 1
        }
    }

    /// A digest as programs print it: those of xxHash are numbers, stored with the lowest byte first.
    ///
    /// - Parameter digest: The digest as it is on the wire.
    /// - Returns: The bytes in the order in which they are printed.
    public func printed(_ digest: [UInt8]) -> [UInt8] {
        switch self {
        case .xxh128, .xxh3, .xxh64: digest.reversed()
        case .md5, .md4, .sha1, .none: digest
        }
    }

    /// Whether this machine's crypto library provides it; if not, it must not be negotiated or computed.
    public var isAvailable: Bool {
        switch self {
        case .xxh128, .xxh3, .xxh64, .md4, .none: true
        case .md5: MessageDigest.md5 != nil
        case .sha1: MessageDigest.sha1 != nil
        }
    }
}
