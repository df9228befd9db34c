import LinuxSystem
import RsyncWire

/// An end of a token stream that may want to see the bytes of copied blocks.
private protocol BlockHistory {
    var needsMatchedBytes: Bool { get }
    func matched(_ bytes: RawSpan) throws(WireError)
}

extension TokenWriter: BlockHistory {}
extension TokenReader: BlockHistory {}

extension BlockHistory {
    /// Shows the bytes of copied blocks, block by block: that is how rsync cuts zlib's history.
    fileprivate func show(_ bytes: MemorySlice, blockLength: Int) throws(WireError) {
        guard needsMatchedBytes else { return }
        for start in stride(from: 0, to: bytes.count, by: blockLength) {
            try matched(bytes[start..<min(start + blockLength, bytes.count)].bytes)
        }
    }
}

extension TokenWriter {
    /// Tells the compressor about copied blocks.
    func matched(_ bytes: MemorySlice, blockLength: Int) throws(WireError) {
        try show(bytes, blockLength: blockLength)
    }
}

extension TokenReader {
    /// Tells the decompressor about copied blocks.
    func matched(_ bytes: MemorySlice, blockLength: Int) throws(WireError) {
        try show(bytes, blockLength: blockLength)
    }
}
