import Glibc
import RsyncWire

/// The two things that the data paths do with raw memory beside reading and writing it.
///
/// Both stay inside the buffer they are called on.
extension UnsafeMutableRawBufferPointer {
    /// Moves a range to the start; ranges may overlap.
    func moveToFront(_ range: Range<Int>) {
        guard let baseAddress, !range.isEmpty, range.lowerBound > 0 else { return }
        precondition(range.upperBound <= count)
        unsafe memmove(baseAddress, baseAddress + range.lowerBound, range.count)
    }
}

extension Slice<UnsafeMutableRawBufferPointer> {
    /// Fills the slice with zeros.
    func clear() {
        let whole = unsafe UnsafeMutableRawBufferPointer(rebasing: self)
        guard let start = whole.baseAddress else { return }
        unsafe memset(start, 0, whole.count)
    }
}

/// An end of a token stream that may want to see the bytes of copied blocks.
private protocol BlockHistory {
    var needsMatchedBytes: Bool { get }
    func matched(_ bytes: RawSpan) throws(WireError)
}

extension TokenWriter: BlockHistory {}
extension TokenReader: BlockHistory {}

extension BlockHistory {
    /// Shows the bytes of copied blocks, block by block: that is how rsync cuts zlib's history.
    fileprivate func show(_ bytes: UnsafeRawBufferPointer, blockLength: Int) throws(WireError) {
        guard needsMatchedBytes else { return }
        for start in stride(from: 0, to: bytes.count, by: blockLength) {
            let block = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + blockLength, bytes.count)])
            unsafe try matched(RawSpan(_unsafeBytes: block))
        }
    }
}

extension TokenWriter {
    /// Tells the compressor about copied blocks.
    func matched(_ bytes: UnsafeRawBufferPointer, blockLength: Int) throws(WireError) {
        unsafe try show(bytes, blockLength: blockLength)
    }
}

extension TokenReader {
    /// Tells the decompressor about copied blocks.
    func matched(_ bytes: UnsafeRawBufferPointer, blockLength: Int) throws(WireError) {
        unsafe try show(bytes, blockLength: blockLength)
    }
}
