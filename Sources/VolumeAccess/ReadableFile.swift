import CLinux
import Glibc
import LinuxSystem

/// A regular file open for reading at any place.
///
/// It may shrink or grow while it is read: `status` tells how it was when it was opened. Used by one thread at a time.
public final class ReadableFile {
    let descriptor: Descriptor
    let features: VolumeFeatures
    /// Its path below the volume's root.
    public let path: [UInt8]
    /// How the file was when it was opened.
    public let status: FileStatus

    init(
        _ descriptor: consuming Descriptor,
        path: [UInt8],
        features: VolumeFeatures
    ) throws(VolumeError) {
        let status = try ReadableFile.status(of: descriptor, path)
        guard status.isRegular else { throw .notRegular(path: path) }
        self.descriptor = descriptor
        self.path = path
        self.status = status
        self.features = features
    }

    /// How the file is now: whether it changed while it was read.
    ///
    /// - Throws: ``VolumeError`` of statx(2).
    public func currentStatus() throws(VolumeError) -> FileStatus { try ReadableFile.status(of: descriptor, path) }

    private static func status(of descriptor: borrowing Descriptor, _ path: [UInt8]) throws(VolumeError) -> FileStatus {
        var status: FileStatus?
        let result = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw .system(operation: "statx", path: path, number: Int32(-result)) }
        return status
    }

    /// Fills a buffer from the file, in as many reads as it takes.
    ///
    /// - Parameters:
    ///   - buffer: Where the bytes go.
    ///   - offset: Where in the file they come from.
    /// - Returns: How many bytes were read; fewer than asked for only at the end of the file.
    /// - Throws: ``VolumeError`` of pread(2).
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(VolumeError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = kernelCall {
                unsafe pread(descriptor.rawValue, rest.baseAddress, rest.count, off_t(offset) + done)
            }
            guard count >= 0 else { throw .system(operation: "pread", path: path, number: Int32(-count)) }
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    /// Fills a span from the file; see ``read(into:at:)-(UnsafeMutableRawBufferPointer,_)``.
    public func read(into span: inout MutableSpan<UInt8>, at offset: Int64) throws(VolumeError) -> Int {
        var done = 0
        var failure: VolumeError?
        unsafe span.withUnsafeMutableBytes { buffer in
            do throws(VolumeError) {
                done = unsafe try read(into: buffer, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return done
    }

    /// The first offset at or after this one that holds data.
    ///
    /// - Returns: Nil when only a hole follows. Without support for holes everything is data.
    /// - Throws: ``VolumeError`` of lseek(2).
    public func nextData(from offset: Int64) throws(VolumeError) -> Int64? {
        let found = kernelCall { lseek(descriptor.rawValue, off_t(offset), SEEK_DATA) }
        if found == -Int(ENXIO) { return nil }
        if found == -Int(EINVAL) { return offset }
        guard found >= 0 else { throw .system(operation: "lseek", path: path, number: Int32(-found)) }
        return Int64(found)
    }

    /// The first offset at or after this one that lies in a hole; the end of the file counts as one.
    ///
    /// - Returns: Nil when the offset is at or behind the end.
    /// - Throws: ``VolumeError`` of lseek(2).
    public func nextHole(from offset: Int64) throws(VolumeError) -> Int64? {
        let found = kernelCall { lseek(descriptor.rawValue, off_t(offset), SEEK_HOLE) }
        if found == -Int(ENXIO) { return nil }
        if found == -Int(EINVAL) { return offset < status.size ? status.size : nil }
        guard found >= 0 else { throw .system(operation: "lseek", path: path, number: Int32(-found)) }
        return Int64(found)
    }

    /// Tells the kernel that the file will be read from start to end, so that it reads ahead further.
    public func adviseSequential() {
        _ = posix_fadvise(descriptor.rawValue, 0, 0, POSIX_FADV_SEQUENTIAL)
    }
}
