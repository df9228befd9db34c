import CLinux
import FileMetadata
import Glibc
import LinuxSystem

extension StagedFile {
    /// The bytes copied by one call: between two calls the copy can be cancelled.
    private static let piece = 8 << 20
    /// The bytes read and written at a time when the kernel cannot copy by itself.
    private static let bufferLength = 1 << 20

    /// Copies a whole file into this one, which must still be empty, inside the kernel if possible.
    ///
    /// First as a clone that shares the space (FICLONE); then range by range with copy_file_range(2), preserving holes;
    /// then by reading and writing. On tmpfs and ext4 copy_file_range in pieces of 8 MiB was as fast as reads and
    /// writes of 1 MiB (0.9 to 1.1 of the time, Linux 6.18), four times as fast as rsync's own local copy; it is
    /// preferred because network and cloning file systems then move no data.
    ///
    /// - Parameters:
    ///   - source: The file to copy, up to its end at the time it is reached.
    ///   - pause: Called every few MiB.
    /// - Returns: The length of the copy in bytes, including holes.
    /// - Throws: ``VolumeError`` of either file.
    @discardableResult
    package func copyWhole(
        from source: ReadableFile,
        betweenPieces pause: () -> Void = {}
    ) throws(VolumeError) -> Int64 {
        precondition(length == 0, "something was written already")
        if try clone(source) { return length }
        guard source.status.isSparse else {
            if source.isDevice {
                // A character device has no end.
                try readAndWrite(from: source, upTo: source.status.size, pause)
            } else {
                try copyRange(from: source, upTo: .max, pause)
            }
            return length
        }
        foretell(length: source.status.size)
        var offset: Int64 = 0
        while let data = try source.nextData(from: offset), let hole = try source.nextHole(from: data) {
            skip(zeros: data - offset)
            // A hole may be punched between the two calls: then a little of it is copied as zeros.
            let end = max(hole, data + 4096)
            try copyRange(from: source, upTo: end, pause)
            guard length == end else { return length }  // the end of the file
            offset = end
        }
        skip(zeros: max(0, try source.currentStatus().size - length))  // its current size: it may have shrunk
        return length
    }

    /// Copies ACLs and extended attributes of a file.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - lists: Whether to copy its ACL.
    ///   - isWanted: Whether to copy another attribute, by its name.
    /// - Returns: The errors for those that could not be copied.
    package func copyAttributes(
        from source: ReadableFile,
        lists: Bool,
        where isWanted: (_ name: [UInt8]) -> Bool
    ) -> [VolumeError] {
        let (old, new) = (AttributeStore(source.descriptor.rawValue), AttributeStore(descriptor.rawValue))
        guard case .success(let names) = old.names() else { return [] }
        var failures: [VolumeError] = []
        for name in names where name == AccessControlList.accessName ? lists : isWanted(name) {
            guard case .success(let value) = old.value(of: name) else { continue }
            let result = new.set(name, value)
            if result != 0 { failures.append(failure("lsetxattr", result)) }
        }
        return failures
    }

    /// Copies the finished content to a directory of another file system, under its name.
    ///
    /// - Returns: Which attributes could not be set there; what failed on this file does not matter.
    func copy(
        to place: VolumeDirectory,
        as name: Span<UInt8>,
        _ attributes: FileAttributes
    ) throws(VolumeError) -> [VolumeError] {
        let path = Array("/proc/self/fd/\(descriptor.rawValue)".utf8)
        let opened = withTerminated(path.span) { path in
            kernelCall { Kernel.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC) }
        }
        guard opened >= 0 else { throw failure("open", opened) }
        let source = try ReadableFile(Descriptor(owning: Int32(opened)), path: self.path, features: directory.features)
        let copy = try place.stage(name, replacing: true, permissions: source.status.permissions)
        try copy.copyWhole(from: source)
        return try copy.commit(attributes)
    }

    private func clone(_ source: ReadableFile) throws(VolumeError) -> Bool {
        guard directory.features.clone.isSupported, source.status.size > 0, !source.isDevice else { return false }
        let result = kernelCall { dvm_clone_file(descriptor.rawValue, source.descriptor.rawValue) }
        guard result == 0 else {
            // Anything except "no space" may concern only this pair of files or file systems; the copy will tell.
            if result != -Int(ENOSPC), result != -Int(EDQUOT) { directory.features.clone.refuse() }
            return false
        }
        var status: FileStatus?
        let number = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw failure("statx", number) }
        length = status.size
        writtenEnd = length
        return true
    }

    /// Copies from this file's end up to an offset, or to the end of the source.
    private func copyRange(
        from source: ReadableFile,
        upTo end: Int64,
        _ pause: () -> Void
    ) throws(VolumeError) {
        if length > writtenEnd { prepareHole(before: length) }
        while length < end, directory.features.copyRange.isSupported {
            let count = kernelCall {
                let wanted = Int(min(Int64(StagedFile.piece), end - length))
                return directory.features.writes.shared {
                    Kernel.copyRange(
                        from: source.descriptor.rawValue,
                        to: descriptor.rawValue,
                        at: length,
                        count: wanted
                    )
                }
            }
            if count > 0 {
                length += Int64(count)
                writtenEnd = length
                pause()
                continue
            }
            // Some file systems return 0 for files they cannot copy: only a read can tell whether this is the end.
            guard [0, EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EBADF].contains(Int32(-count)) else {
                throw failure("copy_file_range", count)
            }
            if count < 0 { directory.features.copyRange.refuse() }
            break
        }
        guard length < end, length < source.status.size || directory.features.copyRange.isSupported == false else {
            return
        }
        try readAndWrite(from: source, upTo: end, pause)
    }

    private func readAndWrite(
        from source: ReadableFile,
        upTo end: Int64,
        _ pause: () -> Void
    ) throws(VolumeError) {
        let wanted = min(end, max(source.status.size, length + 1)) - length
        var buffer = [UInt8](repeating: 0, count: Int(min(Int64(StagedFile.bufferLength), max(wanted, 4096))))
        while length < end {
            var span = buffer.mutableSpan
            let count = try source.read(into: &span, at: length)
            guard count > 0 else { return }
            try write(buffer.span.extracting(first: Int(min(Int64(count), end - length))))
            pause()
        }
    }
}
