import CLinux
import Glibc
import LinuxSystem

// System calls on open files.
//
// Invariant: the kernel accesses only the span or slice that a call is given, before the function returns; other
// pointers are to local variables and end with the call.

// MARK: Reading

/// Reads until a range is full or the file ends.
///
/// - Returns: The number of bytes, or a negative `errno`.
func readFully(_ descriptor: Int32, into span: inout MutableSpan<UInt8>, _ range: Range<Int>, at offset: Int64) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= span.count)
    return unsafe span.withUnsafeMutableBytes { buffer in
        guard let start = buffer.baseAddress else { return 0 }
        var done = 0
        while done < range.count {
            let place = unsafe start + range.lowerBound + done
            let count = kernelCall { unsafe pread(descriptor, place, range.count - done, off_t(offset) + done) }
            guard count > 0 else { return count < 0 ? count : done }
            done += count
        }
        return done
    }
}

/// Fills a range with zeros.
func clear(_ span: inout MutableSpan<UInt8>, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= span.count)
    unsafe span.withUnsafeMutableBytes { buffer in
        guard let start = buffer.baseAddress else { return }
        unsafe (start + range.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
    }
}

// MARK: Writing

/// Writes all bytes at an offset, in as many calls as necessary.
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

/// Writes as much as one call can of pieces, one after the other: pwritev(2).
///
/// - Returns: The number of bytes, or a negative `errno`.
func writeOnce(
    gathering pieces: ArraySlice<MemorySlice>,
    skipping skipped: Int,
    to descriptor: Int32,
    at offset: Int64
) -> Int {
    let batch = pieces.prefix(Int(IOV_MAX))
    return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: batch.count) { vector in
        var skipped = skipped
        for index in 0..<batch.count {
            // The slice in the array keeps the memory alive; the kernel only reads it.
            unsafe batch[batch.startIndex + index].dropFirst(skipped).withUnsafeMutableBytes { piece in
                unsafe vector.initializeElement(
                    at: index,
                    to: iovec(iov_base: piece.baseAddress, iov_len: piece.count)
                )
            }
            skipped = 0
        }
        return kernelCall { unsafe pwritev(descriptor, vector.baseAddress, Int32(vector.count), off_t(offset)) }
    }
}

extension Kernel {
    @inline(__always)
    static func pread(_ descriptor: Int32, into span: inout MutableSpan<UInt8>, at offset: Int64) -> Int {
        unsafe span.withUnsafeMutableBytes { unsafe Glibc.pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
    }

    /// copy_file_range(2), from an offset to the same offset.
    static func copyRange(from source: Int32, to target: Int32, at offset: Int64, count: Int) -> Int {
        var from = off_t(offset)
        var to = off_t(offset)
        return unsafe copy_file_range(source, &from, target, &to, count, 0)
    }

    // MARK: Asking

    static func fstatfs(_ descriptor: Int32, _ figures: inout statfs) -> Int32 {
        unsafe CLinux.fstatfs(descriptor, &figures)
    }

    static func fstatvfs(_ descriptor: Int32, _ figures: inout statvfs) -> Int32 {
        unsafe CLinux.fstatvfs(descriptor, &figures)
    }

    static func getUserQuota(_ descriptor: Int32, of user: UInt32, _ quota: inout dqblk) -> Int32 {
        unsafe dvm_get_user_quota(descriptor, user, &quota)
    }

    static func getGeometry(_ descriptor: Int32, _ geometry: inout dvm_xfs_geometry) -> Int32 {
        unsafe dvm_get_xfs_geometry(descriptor, &geometry)
    }

    /// The division of a btrfs file system's space; nil if the kernel does not report it.
    static func btrfsSpaces(_ descriptor: Int32) -> [btrfs_ioctl_space_info]? {
        var spaces = dvm_btrfs_spaces()
        guard kernelCall({ unsafe dvm_get_btrfs_spaces(descriptor, &spaces) }) == 0 else { return nil }
        let count = Int(clamping: min(spaces.head.total_spaces, UInt64(DVM_BTRFS_SPACES)))
        return unsafe withUnsafeBytes(of: &spaces.spaces) { bytes in
            unsafe Array(bytes.bindMemory(to: btrfs_ioctl_space_info.self).prefix(count))
        }
    }

    // MARK: Changing

    static func futimens(_ descriptor: Int32, _ times: [2 of timespec]) -> Int32 {
        unsafe times.span.withUnsafeBufferPointer { unsafe Glibc.futimens(descriptor, $0.baseAddress) }
    }

    /// Sleeps; a signal may interrupt it early.
    static func sleep(nanoseconds: Int) {
        var pause = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        _ = unsafe nanosleep(&pause, nil)
    }
}
