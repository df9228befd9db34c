/// How literal data is compressed on the wire (protocol specification, transfer 13).
package enum CompressionAlgorithm: String, Sendable, CaseIterable {
    case zstd, lz4, zlibx, zlib, none
}
