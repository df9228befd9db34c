import CLinux
import Glibc
import LinuxSystem

/// The clock that the kernel takes modification times from.
///
/// It stands still between two ticks, of up to 10 ms (CONFIG_HZ=100), and older kernels give all writes of one tick the
/// same time. Who reads a file in the tick of its time may miss a write that changes the content and not the time.
enum WriteClock {
    /// The longest tick of Linux, in nanoseconds.
    static let tick: Int64 = 10_000_000
    private static let second: Int64 = 1_000_000_000

    /// How far the clock is past a moment, in nanoseconds; no more than about a year either way.
    ///
    /// This is the clock of the ticks, not the exact one: where ticks come late it is behind by more than one.
    static func age(of moment: Timestamp) -> Int64 {
        let now = clockTime(CLOCK_REALTIME_COARSE)
        let (seconds, isFar) = Int64(now.tv_sec).subtractingReportingOverflow(moment.seconds)
        let limit: Int64 = 30_000_000
        guard !isFar, seconds.magnitude <= limit else { return Int64(now.tv_sec) < moment.seconds ? -limit : limit }
        return seconds * second + Int64(now.tv_nsec) - Int64(moment.nanoseconds)
    }

    /// Waits until each write that begins from now on leaves a later modification time than this one, 30 ms at most
    /// unless ticks come late.
    ///
    /// This clock is up to a tick behind the exact one, which newer kernels and file servers take times from, and a file
    /// server's may be a tick ahead. A time further ahead was set by somebody, and no write leaves it: there is nothing to
    /// wait for.
    static func pass(_ modified: Timestamp) {
        // Each turn ends behind the tick, if the clock was not set back meanwhile.
        for _ in 0..<8 {
            let left = tick - age(of: modified)
            guard left > 0, left <= 3 * tick else { return }
            Kernel.sleep(nanoseconds: Int(left))
        }
    }
}

extension VolumeDirectory {
    /// Opens a regular file of a volume that others may be writing to, so that what is read goes with a modification time
    /// that was read before.
    ///
    /// What is written from now on leaves a later time: the next pass sees it. The kernel takes a write's time when the
    /// write begins, and large ones last: one that is under way is waited for.
    ///
    /// - Parameters:
    ///   - name: The file.
    ///   - modified: The time that it was listed with.
    /// - Returns: The file.
    /// - Throws: ``VolumeError``.
    package func openForReading(_ name: Span<UInt8>, listedAs modified: Timestamp) throws(VolumeError) -> ReadableFile {
        let descriptor = try openListed(name, modified)
        return try ReadableFile(descriptor, path: path(of: name), features: features)
    }

    /// Opens a small regular file as ``openForReading(_:listedAs:)`` does, and reads all of it at once.
    ///
    /// Its status costs a call more than the reading: it is asked for only when the file is not as long as it was listed.
    ///
    /// - Parameters:
    ///   - name: The file.
    ///   - modified: The time that it was listed with.
    ///   - buffer: Where the bytes go; one byte longer than the file was listed.
    /// - Returns: Nil when the file has the length that it was listed with and `buffer` holds its bytes and one more.
    ///   Otherwise the file; what is in the buffer then means nothing.
    /// - Throws: ``VolumeError``.
    package func readListed(
        _ name: Span<UInt8>,
        listedAs modified: Timestamp,
        into buffer: inout MutableSpan<UInt8>
    ) throws(VolumeError) -> ReadableFile? {
        let descriptor = try openListed(name, modified)
        let count = ReadableFile.readOnce(descriptor, &buffer)
        // What is no regular file fails to be read, or has another length.
        guard count != buffer.count - 1 else { return nil }
        return try ReadableFile(descriptor, path: path(of: name), features: features)
    }

    private func openListed(_ name: Span<UInt8>, _ modified: Timestamp) throws(VolumeError) -> Descriptor {
        WriteClock.pass(modified)
        let descriptor = try openDescriptor(name)
        WriteClock.awaitWrite(to: descriptor, begunAt: modified)
        return descriptor
    }
}

extension WriteClock {
    /// No write(2) lasts longer, in nanoseconds: it takes 2 GiB at most.
    private static let longestWrite: Int64 = 600_000_000_000

    /// Waits for the write(2) that set a modification time, if it may still be under way.
    ///
    /// ext4, btrfs and tmpfs let others read while they write, but not seek: they look for data and holes under the lock
    /// of the file. On XFS a read itself waits.
    fileprivate static func awaitWrite(to file: borrowing Descriptor, begunAt modified: Timestamp) {
        let age = WriteClock.age(of: modified)
        guard age >= 0, age < Self.longestWrite else { return }
        let number = file.rawValue
        // The answer does not matter.
        _ = kernelCall { lseek(number, 0, SEEK_DATA) }
    }
}
