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
