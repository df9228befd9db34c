import CLinux
import Glibc
import LinuxSystem

/// The clock that the kernel takes modification times from.
///
/// It does not advance between two ticks, of up to 10 ms (CONFIG_HZ=100), and older kernels give all writes of one tick
/// the same time. A read in the tick of a file's modification time may miss a write that changes the content but not
/// the time.
enum WriteClock {
    /// Linux's longest tick, in nanoseconds.
    static let tick: Int64 = 10_000_000
    private static let second: Int64 = 1_000_000_000

    /// How far the clock is past a time, in nanoseconds; clamped to about a year either way.
    ///
    /// This is the coarse clock, not the exact one: if ticks are late, it lags by more than one.
    static func age(of moment: Timestamp) -> Int64 {
        let now = clockTime(CLOCK_REALTIME_COARSE)
        let (seconds, isFar) = now.seconds.subtractingReportingOverflow(moment.seconds)
        let limit: Int64 = 30_000_000
        guard !isFar, seconds.magnitude <= limit else { return now.seconds < moment.seconds ? -limit : limit }
        return seconds * second + Int64(now.nanoseconds) - Int64(moment.nanoseconds)
    }

    /// Waits until every write that starts from now on leaves a later modification time than this one; 40 ms at most
    /// unless ticks are late.
    ///
    /// This clock is up to a tick behind the exact one, which newer kernels and file servers take times from, and a
    /// file server's may be a tick ahead. A time further ahead was set explicitly, not by a write: there is nothing to
    /// wait for.
    static func pass(_ modified: Timestamp) {
        // The end is limited for a clock that is set back in the meantime.
        for _ in 0..<8 {
            let left = tick - age(of: modified)
            guard left > 0, left <= 3 * tick else { return }
            // The clock stands still between ticks: shorter sleeps could all end before the next one.
            Kernel.sleep(nanoseconds: Int(max(left, tick / 4)))
        }
    }
}

extension VolumeDirectory {
    /// Opens a regular file that others may be writing to, so that the content read is consistent with a modification
    /// time that was read before.
    ///
    /// Anything written from now on leaves a later time, so the next pass sees it. The kernel takes a write's time when
    /// the write starts, and large writes take long, so a write in progress is waited for.
    ///
    /// - Parameters:
    ///   - name: The file's name.
    ///   - modified: The listed modification time.
    ///   - orDevice: Whether it may be a device.
    /// - Returns: The file.
    /// - Throws: ``VolumeError``.
    package func openForReading(
        _ name: Span<UInt8>,
        listedAs modified: Timestamp,
        orDevice: Bool = false
    ) throws(VolumeError) -> ReadableFile {
        let descriptor = try openListed(name, modified)
        return try ReadableFile(descriptor, path: path(of: name), features: features, takesDevices: orDevice)
    }

    /// Opens a small regular file like ``openForReading(_:listedAs:)``, and reads all of it in one call.
    ///
    /// Its status would cost an additional call: it is read only if the file does not have its listed length.
    ///
    /// - Parameters:
    ///   - name: The file's name.
    ///   - modified: The listed modification time.
    ///   - buffer: The buffer to fill; one byte longer than the file's listed length.
    /// - Returns: Nil if the file has its listed length; `buffer` then holds its bytes and one more. Otherwise the
    ///   file; the buffer's contents are then undefined.
    /// - Throws: ``VolumeError``.
    package func readListed(
        _ name: Span<UInt8>,
        listedAs modified: Timestamp,
        into buffer: inout MutableSpan<UInt8>
    ) throws(VolumeError) -> ReadableFile? {
        let descriptor = try openListed(name, modified)
        let count = ReadableFile.readOnce(descriptor, &buffer)
        // What is not a regular file cannot be read, or has a different length.
        guard count <= 0 || count != buffer.count - 1 else { return nil }
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
    /// The longest time that a write(2) takes, in nanoseconds: it writes 2 GiB at most.
    private static let longestWrite: Int64 = 600_000_000_000

    /// Waits for the write(2) that set a modification time, if it may still be in progress.
    ///
    /// ext4, btrfs and tmpfs allow reads during a write, but not SEEK_DATA: they look for data and holes under the
    /// inode lock. On XFS a read itself waits.
    fileprivate static func awaitWrite(to file: borrowing Descriptor, begunAt modified: Timestamp) {
        let age = WriteClock.age(of: modified)
        guard age >= 0, age < Self.longestWrite else { return }
        let number = file.rawValue
        // The result does not matter.
        _ = kernelCall { lseek(number, 0, SEEK_DATA) }
    }
}
