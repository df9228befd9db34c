import CLinux
import Glibc

/// Writes all of some bytes at a place of a file, in as many calls as it takes.
///
/// - Returns: 0, or a negative `errno`.
func writeFully(_ bytes: Span<UInt8>, to descriptor: Int32, at offset: Int64) -> Int {
    unsafe bytes.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
            let count = kernelCall { unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + done) }
            guard count > 0 else { return count < 0 ? count : -Int(EIO) }
            done += count
        }
        return 0
    }
}

/// Writes all of several stretches of bytes, one behind the other, in as few calls as it takes.
///
/// - Parameters:
///   - pieces: The stretches; their memory stays as it is during the call.
///   - descriptor: The file.
///   - offset: Where the first one goes.
///   - written: Is raised by the bytes that got there, all of them or not.
/// - Returns: 0, or a negative `errno`.
func writeFully(
    gathering pieces: [UnsafeRawBufferPointer],
    to descriptor: Int32,
    at offset: Int64,
    written: inout Int64
) -> Int {
    var place = offset
    var first = 0
    // How much of the first piece is there already.
    var skipped = 0
    while unsafe first < pieces.count {
        let count = unsafe writeOnce(gathering: pieces[first...], skipping: skipped, to: descriptor, at: place)
        guard count >= 0 else { return count }
        place += Int64(count)
        written += Int64(count)
        skipped += count
        let start = first
        while unsafe first < pieces.count && skipped >= pieces[first].count {
            unsafe skipped -= pieces[first].count
            first += 1
        }
        guard count > 0 || first > start else { return -Int(EIO) }
    }
    return 0
}

/// One call of pwritev(2).
///
/// - Returns: How many bytes were written, or a negative `errno`.
private func writeOnce(
    gathering pieces: ArraySlice<UnsafeRawBufferPointer>,
    skipping skipped: Int,
    to descriptor: Int32,
    at offset: Int64
) -> Int {
    let batch = unsafe pieces.prefix(Int(IOV_MAX))
    return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: batch.count) { vector in
        var skipped = skipped
        for index in unsafe 0..<batch.count {
            let piece = unsafe batch[batch.startIndex + index]
            // The kernel only reads.
            let start = unsafe UnsafeMutableRawPointer(mutating: piece.baseAddress.map { unsafe $0 + skipped })
            unsafe vector.initializeElement(at: index, to: iovec(iov_base: start, iov_len: piece.count - skipped))
            skipped = 0
        }
        return kernelCall { unsafe pwritev(descriptor, vector.baseAddress, Int32(vector.count), off_t(offset)) }
    }
}
