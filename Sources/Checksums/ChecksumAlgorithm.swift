/// Placeholder until branch `delta` lands.
public enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case xxh128, xxh3, xxh64, md5, md4, sha1, none
}
