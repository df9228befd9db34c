import CLinux
import Glibc
package import LinuxSystem

/// A regular file, or a device, open for reading at any offset.
///
/// It may shrink or grow while it is read: `status` is that at the time of opening. Holes are not read: their zeros are
/// written to the buffer. Used by one thread at a time.
package final class ReadableFile {
    let descriptor: Descriptor
    let features: VolumeFeatures
    /// The stretch around the last read offset, for a file with holes.
    private var stretch = Stretch(range: 0..<0, isHole: false)
    /// Whether holes are looked for; nil until that has been determined.
    private var asksForHoles: Bool?
    /// Its path below the volume's root.
    package let path: [UInt8]
    /// The file's status when it was opened.
    package let status: FileStatus
    /// Whether it is a device whose content is read; `status` is then that of a file with this content.
    package let isDevice: Bool

    /// Takes over an open regular file or, with `takesDevices`, a device.
    init(
        _ descriptor: consuming Descriptor,
        path: [UInt8],
        features: VolumeFeatures,
        takesDevices: Bool = false
    ) throws(VolumeError) {
        var status = try ReadableFile.status(of: descriptor, path)
        isDevice = takesDevices && status.isDevice
        if isDevice { status = status.asFile(size: DeviceSize.read(descriptor)) }
        guard status.isRegular else { throw .notRegular(path: path) }
        self.descriptor = descriptor
        self.path = path
        self.status = status
        self.features = features
    }

    /// The same open file for another thread.
    ///
    /// - Throws: ``VolumeError`` of fcntl(2).
    package func duplicate() throws(VolumeError) -> ReadableFile {
        do throws(SystemError) {
            return ReadableFile(sharing: self, try descriptor.duplicate())
        } catch {
            throw VolumeError(error, path)
        }
    }

    private init(sharing other: ReadableFile, _ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
        (path, status, features, isDevice) = (other.path, other.status, other.features, other.isDevice)
    }

    /// The file's current status, to see whether it changed while it was read.
    ///
    /// - Throws: ``VolumeError`` of statx(2).
    package func currentStatus() throws(VolumeError) -> FileStatus { try ReadableFile.status(of: descriptor, path) }

    private static func status(of descriptor: borrowing Descriptor, _ path: [UInt8]) throws(VolumeError) -> FileStatus {
        var status: FileStatus?
        let result = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw .system(operation: "statx", path: path, number: Int32(-result)) }
        return status
    }

    /// Fills a span from the file, in as many reads as necessary.
    ///
    /// - Parameters:
    ///   - span: The buffer to fill.
    ///   - offset: The file offset to read from.
    /// - Returns: The number of bytes read; fewer than requested only at the end of the file.
    /// - Throws: ``VolumeError`` of pread(2).
    package func read(into span: inout MutableSpan<UInt8>, at offset: Int64) throws(VolumeError) -> Int {
        guard mayHaveHoles else { return try readData(into: &span, 0..<span.count, at: offset) }
        var done = 0
        while done < span.count {
            let place = offset + Int64(done)
            if !stretch.range.contains(place) {
                guard let found = try findStretch(at: place) else { break }
                stretch = found
            }
            let count = Int(min(Int64(span.count - done), stretch.range.upperBound - place))
            let range = done..<done + count
            if stretch.isHole {
                clear(&span, range)
                done += count
                continue
            }
            let got = try readData(into: &span, range, at: place)
            done += got
            guard got == count else { break }
        }
        return done
    }

    /// Forgets where holes were, for a file that is read again because it has changed.
    package func forgetHoles() {
        stretch = Stretch(range: 0..<0, isHole: false)
        asksForHoles = nil
    }

    /// The ACLs and extended attributes of the open file, whatever its name leads to now.
    ///
    /// - Parameter reading: Which to read.
    /// - Returns: What it has.
    /// - Throws: ``VolumeError`` when the names of the attributes cannot be listed.
    package func heldAttributes(_ reading: AttributeReading) throws(VolumeError) -> HeldAttributes {
        try AttributeStore(descriptor.rawValue).read(
            reading,
            path: path,
            shown: features.simulatesPrivileges ? status.permissions : nil
        )
    }

    /// Whether a range is known to be in a hole as a whole, so that it need not be read.
    ///
    /// - Throws: ``VolumeError`` of lseek(2).
    package func isHole(_ range: Range<Int64>) throws(VolumeError) -> Bool {
        guard mayHaveHoles else { return false }
        if !stretch.range.contains(range.lowerBound) {
            guard let found = try findStretch(at: range.lowerBound) else { return false }
            stretch = found
        }
        return stretch.isHole && range.upperBound <= stretch.range.upperBound
    }

    private func readData(
        into span: inout MutableSpan<UInt8>,
        _ range: Range<Int>,
        at offset: Int64
    ) throws(VolumeError) -> Int {
        let count = readFully(descriptor.rawValue, into: &span, range, at: offset)
        guard count >= 0 else { throw .system(operation: "pread", path: path, number: Int32(-count)) }
        return count
    }

    /// Reads into memory that is passed on, like ``read(into:at:)``.
    package func read(into slice: MemorySlice, at offset: Int64) throws(VolumeError) -> Int {
        try slice.withMutableSpan { (span) throws(VolumeError) in try read(into: &span, at: offset) }
    }

    /// Makes one read from the start of a file.
    ///
    /// - Returns: The number of bytes read, or a negative `errno`.
    static func readOnce(_ descriptor: borrowing Descriptor, _ span: inout MutableSpan<UInt8>) -> Int {
        let number = descriptor.rawValue
        return kernelCall { Kernel.pread(number, into: &span, at: 0) }
    }

    /// The first offset at or after this one that has data.
    ///
    /// - Returns: Nil if only a hole follows. Without support for holes everything is data.
    /// - Throws: ``VolumeError`` of lseek(2).
    package func nextData(from offset: Int64) throws(VolumeError) -> Int64? {
        let found = kernelCall { lseek(descriptor.rawValue, off_t(offset), SEEK_DATA) }
        if found == -Int(ENXIO) { return nil }
        if found == -Int(EINVAL) { return offset }
        guard found >= 0 else { throw .system(operation: "lseek", path: path, number: Int32(-found)) }
        return Int64(found)
    }

    /// The first offset at or after this one that is in a hole; the end of the file counts as one.
    ///
    /// - Returns: Nil if the offset is at or after the end.
    /// - Throws: ``VolumeError`` of lseek(2).
    package func nextHole(from offset: Int64) throws(VolumeError) -> Int64? {
        let found = kernelCall { lseek(descriptor.rawValue, off_t(offset), SEEK_HOLE) }
        if found == -Int(ENXIO) { return nil }
        if found == -Int(EINVAL) { return offset < status.size ? status.size : nil }
        guard found >= 0 else { throw .system(operation: "lseek", path: path, number: Int32(-found)) }
        return Int64(found)
    }

    /// Tells the kernel that the file will be read from start to end, so that it reads ahead further.
    package func adviseSequential() {
        _ = posix_fadvise(descriptor.rawValue, 0, 0, POSIX_FADV_SEQUENTIAL)
    }
}

/// Finds holes, so that they are not read.
extension ReadableFile {
    /// A part of a file that is either a hole or data.
    private struct Stretch {
        let range: Range<Int64>
        let isHole: Bool
    }

    /// Shorter files are read without looking for holes.
    private static let shortestSparseFile: Int64 = 128 * 1024
    /// The bytes from the start of data that are read without looking for holes: lseek(2) costs as much as reading some
    /// KiB.
    private static let leastRead: Int64 = 1 << 20

    /// File systems that have been seen to report recently written data as a hole: FUSE with its write-back cache, ZFS.
    private static let inexact: [UInt32] = [0x6573_5546, 0x2FC1_2FC1]

    private var mayHaveHoles: Bool {
        if let asksForHoles { return asksForHoles }
        var figures = statfs()
        var asks = status.isSparse && status.size >= Self.shortestSparseFile
        if asks {
            let number = descriptor.rawValue
            let result = kernelCall { Kernel.fstatfs(number, &figures) }
            asks = result == 0 && !Self.inexact.contains(UInt32(truncatingIfNeeded: figures.f_type))
        }
        asksForHoles = asks
        return asks
    }

    /// The stretch at an offset of the file in its current state; nil at its end and after it.
    private func findStretch(at place: Int64) throws(VolumeError) -> Stretch? {
        guard let data = try nextData(from: place) else {
            let end = try currentStatus().size
            return place < end ? Stretch(range: place..<end, isHole: true) : nil
        }
        if data > place { return Stretch(range: place..<data, isHole: true) }
        let hole = try nextHole(from: place) ?? place
        return Stretch(range: place..<max(hole, place.addingClamped(Self.leastRead)), isHole: false)
    }
}
