import CLinux
import Glibc
import LinuxSystem

extension VolumeDirectory {
    /// Shows each entry with its status, in the order the kernel gives them, without keeping any of them.
    ///
    /// For passes over very many files: no memory per entry, and a name is asked about where it lies in the kernel's answer.
    /// Entries whose status cannot be had are shown with the error, mostly that they vanished.
    ///
    /// - Parameter visit: Takes the name, without `.` and `..`, valid during the call; and the status.
    /// - Throws: ``VolumeError`` of getdents64(2).
    public func forEachEntry(
        _ visit: (_ name: Span<UInt8>, _ status: Result<FileStatus, VolumeError>) -> Void
    ) throws(VolumeError) {
        // A descriptor of its own: the position is shared by all users of an open file.
        let opened = kernelCall {
            unsafe dvm_openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        guard opened >= 0 else { throw .system(operation: "open", path: relativePath, number: Int32(-opened)) }
        let reader = Descriptor(owning: Int32(opened))
        var result = 0
        unsafe withUnsafeTemporaryAllocation(byteCount: 128 * 1024, alignment: 8) { buffer in
            repeat {
                result = kernelCall { unsafe dvm_getdents64(reader.rawValue, buffer.baseAddress, buffer.count) }
                if result > 0 { unsafe show(UnsafeRawBufferPointer(rebasing: buffer[..<result]), reader, visit) }
            } while result > 0
        }
        guard result == 0 else { throw .system(operation: "getdents64", path: relativePath, number: Int32(-result)) }
    }

    /// Goes through one answer of getdents64(2), whose layout ``DirectoryListing`` draws.
    ///
    /// The kernel guarantees the records: the record length covers header, name and NUL, and stays in the buffer.
    private func show(
        _ records: UnsafeRawBufferPointer,
        _ reader: borrowing Descriptor,
        _ visit: (Span<UInt8>, Result<FileStatus, VolumeError>) -> Void
    ) {
        var offset = 0
        while offset + 19 < records.count {
            let length = Int(unsafe records.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
            guard length > 19, offset + length <= records.count, let start = records.baseAddress else { return }
            let text = unsafe start.advanced(by: offset + 19).assumingMemoryBound(to: CChar.self)
            let bytes = unsafe UnsafeRawBufferPointer(start: text, count: strnlen(text, length - 19))
            let name = unsafe Span<UInt8>(_unsafeBytes: bytes)
            offset += length
            guard isLeafName(name) else { continue }
            var status: FileStatus?
            let number = FileStatus.read(reader.rawValue, unsafe CPath(start: text), into: &status)
            visit(name, status.map { .success($0) } ?? .failure(failure("statx", name, number)))
        }
    }
}
