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

/// What zlib's history needs: the bytes of copied blocks, block by block, for that is how rsync cuts them.
extension TokenWriter {
    /// Tells the compressor about copied blocks.
    func matched(_ bytes: UnsafeRawBufferPointer, blockLength: Int) throws(WireError) {
        guard needsMatchedBytes else { return }
        for start in stride(from: 0, to: bytes.count, by: blockLength) {
            let block = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + blockLength, bytes.count)])
            unsafe try matched(RawSpan(_unsafeBytes: block))
        }
    }
}

extension TokenReader {
    /// Tells the decompressor about copied blocks.
    func matched(_ bytes: UnsafeRawBufferPointer, blockLength: Int) throws(WireError) {
        guard needsMatchedBytes else { return }
        for start in stride(from: 0, to: bytes.count, by: blockLength) {
            let block = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + blockLength, bytes.count)])
            unsafe try matched(RawSpan(_unsafeBytes: block))
        }
    }
}
