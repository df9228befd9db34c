/// How content becomes a digest: the root of a Merkle tree (RFC 6962, section 2.1) over chunks.
package enum ContentHash {
    /// The length of a chunk in bytes; the last one is shorter.
    package static let chunkSize = 1 << 20
    /// How many chunks one thread takes of a long file at a time; a power of two, so that their root is a node of the tree.
    static let segmentChunks = 16
    /// The length of a segment in bytes.
    static let segmentSize = Int64(segmentChunks * chunkSize)
}
