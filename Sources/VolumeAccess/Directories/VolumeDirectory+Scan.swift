import CLinux
import Glibc
import LinuxSystem

extension VolumeDirectory {
    /// Visits each entry with its status, in kernel order, without storing any of them.
    ///
    /// For passes over very many files: no memory per entry, and names are used in place in the kernel's buffer.
    /// Entries whose status cannot be read are visited with the error, mostly that they vanished.
    ///
    /// - Parameter visit: Gets the name, which is valid during the call, and the status; not called for `.` and `..`.
    /// - Throws: ``VolumeError`` of getdents64(2).
    package func forEachEntry(
        _ visit: (_ name: Span<UInt8>, _ status: Result<FileStatus, VolumeError>) -> Void
    ) throws(VolumeError) {
        // A separate descriptor: the position is shared by all users of an open file description.
        let opened = kernelCall {
            Kernel.openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard opened >= 0 else { throw .system(operation: "open", path: relativePath, number: Int32(-opened)) }
        let reader = Descriptor(owning: Int32(opened))
        let result = forEachRecord(reader.rawValue, bufferLength: 128 * 1024) { name, path, _, _ in
            var status: FileStatus?
            let number = FileStatus.read(reader.rawValue, path, into: &status)
            guard let status else { return visit(name, .failure(failure("statx", name, number))) }
            do throws(VolumeError) {
                visit(name, .success(try features.shown(status, AttributeStore(self, name), self.path(of: name))))
            } catch {
                visit(name, .failure(error))
            }
        }
        guard result == 0 else { throw .system(operation: "getdents64", path: relativePath, number: Int32(-result)) }
    }
}

extension VolumeDirectory {
    /// Visits the name of each entry, in kernel order, without storing any of them.
    ///
    /// - Parameter visit: Gets the name, which is valid during the call; not called for `.` and `..`.
    /// - Throws: ``VolumeError`` of open(2) or getdents64(2).
    package func forEachName(_ visit: (_ name: Span<UInt8>) -> Void) throws(VolumeError) {
        // A separate descriptor: the position is shared by all users of an open file description.
        let opened = kernelCall {
            Kernel.openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard opened >= 0 else { throw .system(operation: "open", path: relativePath, number: Int32(-opened)) }
        let reader = Descriptor(owning: Int32(opened))
        let result = forEachRecord(reader.rawValue, bufferLength: 64 * 1024) { name, _, _, _ in visit(name) }
        guard result == 0 else { throw .system(operation: "getdents64", path: relativePath, number: Int32(-result)) }
    }

    /// Whether this process's user may read an entry: faccessat(2) with the effective IDs.
    package func canRead(_ name: Span<UInt8>) -> Bool {
        guard isLeafName(name) else { return false }
        return withTerminated(name) { name in kernelCall { Kernel.canRead(descriptor.rawValue, name) } } == 0
    }
}
