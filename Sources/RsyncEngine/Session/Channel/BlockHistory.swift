import LinuxSystem
import RsyncWire

/// An end of a token stream that may need the bytes of copied blocks.
private protocol BlockHistory {
    var needsMatchedBytes: Bool { get }
    func matched(_ bytes: RawSpan) throws(WireError)
}

extension TokenWriter: BlockHistory {}
extension TokenReader: BlockHistory {}

extension BlockHistory {
    /// Feeds the bytes of copied blocks, block by block: that is how rsync divides zlib's history.
    fileprivate func show(_ bytes: MemorySlice, blockLength: Int) throws(WireError) {
        guard needsMatchedBytes else { return }
        for start in stride(from: 0, to: bytes.count, by: blockLength) {
            try matched(bytes[start..<min(start + blockLength, bytes.count)].bytes)
        }
    }
}

extension TokenWriter {
    /// Feeds copied blocks to the compressor's history.
    func matched(_ bytes: MemorySlice, blockLength: Int) throws(WireError) {
        try show(bytes, blockLength: blockLength)
    }
}

extension TokenReader {
    /// Feeds copied blocks to the decompressor's history.
    func matched(_ bytes: MemorySlice, blockLength: Int) throws(WireError) {
        try show(bytes, blockLength: blockLength)
    }
}
