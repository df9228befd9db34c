import CLinux
import Glibc
package import LinuxSystem

/// A file that is changed in place, for `--inplace`: a crash leaves it half old, half new.
///
/// Used by one thread at a time.
package final class InPlaceFile {
    let descriptor: Descriptor
    private let features: VolumeFeatures
    /// The path below the volume's root.
    package let path: [UInt8]
    /// The file's status when it was opened.
    package let status: FileStatus
    /// The end of the written data; 0 if none was written.
    private var writtenEnd: Int64 = 0
    /// Zeros that ``writeSparse(gathering:at:isThere:)`` has still to write.
    private var pendingZeros: Range<Int64> = 0..<0
    /// Whether the length was set before the content was written.
    private var isExtended = false

    /// Opens a regular file for writing, or creates an empty one, without following a link (protocol specification,
    /// transfer 14.3).
    init(in directory: VolumeDirectory, name: Span<UInt8>, takesDevices: Bool = false) throws(VolumeError) {
        let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        directory.features.inodes.noteCreation()
        var result = try directory.attempt(name) { Kernel.openat($0, $1, flags | O_CREAT, 0o600) }
        // fs.protected_regular refuses O_CREAT on another user's file in a sticky directory.
        if result == -Int(EACCES) { result = try directory.attempt(name) { Kernel.openat($0, $1, flags) } }
        if result == -Int(EACCES) {
            result = try InPlaceFile.openReadOnly(in: directory, name: name, flags)
        }
        guard result >= 0 else { throw directory.failure("open", name, result) }
        descriptor = Descriptor(owning: Int32(result))
        features = directory.features
        path = directory.path(of: name)
        var status: FileStatus?
        let number = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw directory.failure("statx", name, number) }
        guard status.isRegular || takesDevices && status.isDevice else {
            throw .notRegular(path: directory.path(of: name))
        }
        self.status = status
    }

    /// Opens a file that its owner may not write, granting the permission only while it is opened (19.4 rule 8).
    private static func openReadOnly(
        in directory: VolumeDirectory,
        name: Span<UInt8>,
        _ flags: Int32
    ) throws(VolumeError) -> Int {
        guard let status = try directory.status(of: name), status.isRegular, status.permissions & 0o200 == 0 else {
            return -Int(EACCES)
        }
        let relaxed = FileAttributes(permissions: status.permissions | 0o200)
        guard try directory.setAttributes(name, relaxed, current: status).isEmpty else { return -Int(EACCES) }
        let result = try directory.attempt(name) { Kernel.openat($0, $1, flags) }
        let restored = FileAttributes(permissions: status.permissions)
        let failures = try directory.setAttributes(name, restored)
        if let failure = failures.first {
            if result >= 0 { _ = Descriptor(owning: Int32(result)) }
            throw failure
        }
        return result
    }

    private func failure(_ operation: StaticString, _ result: Int) -> VolumeError {
        .system(operation: "\(operation)", path: path, number: Int32(-result))
    }

    /// Writes bytes at an offset.
    ///
    /// - Throws: ``VolumeError``; see ``VolumeError/isOutOfSpace``.
    package func write(_ bytes: Span<UInt8>, at offset: Int64) throws(VolumeError) {
        let result = features.writes.shared { writeFully(bytes, to: descriptor.rawValue, at: offset) }
        writtenEnd = max(writtenEnd, offset + Int64(bytes.count))
        guard result == 0 else { throw failure("write", result) }
    }

    /// Writes several buffers one after the other at an offset.
    ///
    /// - Parameters:
    ///   - pieces: The buffers; their memory must not change during the call.
    ///   - offset: The file offset of the first one.
    /// - Throws: ``VolumeError``; see ``VolumeError/isOutOfSpace``.
    package func write(gathering pieces: [MemorySlice], at offset: Int64) throws(VolumeError) {
        var written: Int64 = 0
        let result = features.writes.shared {
            writeFully(gathering: pieces, to: descriptor.rawValue, at: offset, written: &written)
        }
        writtenEnd = max(writtenEnd, offset + written)
        guard result == 0 else { throw failure("write", result) }
    }

    /// Writes several buffers like ``write(gathering:at:)``, with holes for runs of zeros (protocol specification,
    /// transfer 14.4).
    ///
    /// - Parameters:
    ///   - pieces: The buffers; their memory must not change during the call.
    ///   - offset: The file offset of the first one.
    ///   - isThere: Whether the file has these bytes at this offset already, so that only zeros are dealt with.
    /// - Throws: ``VolumeError``; see ``VolumeError/isOutOfSpace``.
    package func writeSparse(
        gathering pieces: [MemorySlice],
        at offset: Int64,
        isThere: Bool = false
    ) throws(VolumeError) {
        var start = offset
        for piece in pieces {
            var (runs, end) = (ZeroRuns(piece.span), 0)
            while let range = runs.next() {
                try addZeros(Int64(range.lowerBound - end), at: start + Int64(end))
                if !isThere { try write(piece.span.extracting(range), at: start + Int64(range.lowerBound)) }
                end = range.upperBound
            }
            try addZeros(Int64(piece.count - end), at: start + Int64(end))
            start += Int64(piece.count)
        }
    }

    /// Zeros that follow each other are written together: a hole frees only the blocks that it covers completely.
    private func addZeros(_ count: Int64, at offset: Int64) throws(VolumeError) {
        guard count > 0 else { return }
        if pendingZeros.upperBound != offset {
            try writePendingZeros()
            pendingZeros = offset..<offset
        }
        pendingZeros = pendingZeros.lowerBound..<offset + count
    }

    private func writePendingZeros() throws(VolumeError) {
        let zeros = pendingZeros
        pendingZeros = 0..<0
        try writeZeros(Int64(zeros.count), at: zeros.lowerBound)
    }

    /// Writes zeros at an offset, as a hole if the file system supports that.
    ///
    /// - Parameters:
    ///   - count: The number of bytes, 0 or more.
    ///   - offset: The file offset of the first one.
    /// - Throws: ``VolumeError``.
    package func writeZeros(_ count: Int64, at offset: Int64) throws(VolumeError) {
        guard count > 0 else { return }
        let mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
        let result = features.retryingForSpace(of: descriptor) {
            kernelCall { fallocate(descriptor.rawValue, mode, off_t(offset), off_t(count)) }
        }
        if result == 0 { return try extend(to: offset + count) }
        guard result == -Int(EOPNOTSUPP) || result == -Int(ENOSYS) else { throw failure("fallocate", result) }
        let zeros = [UInt8](repeating: 0, count: Int(min(count, 256 * 1024)))
        var done: Int64 = 0
        while done < count {
            let piece = Int(min(Int64(zeros.count), count - done))
            try write(zeros.span.extracting(first: piece), at: offset + done)
            done += Int64(piece)
        }
    }

    /// Punching a hole keeps the size: a file that ends before it is extended.
    private func extend(to length: Int64) throws(VolumeError) {
        let end = kernelCall { lseek(descriptor.rawValue, 0, SEEK_END) }
        guard end >= 0 else { throw failure("lseek", end) }
        guard Int64(end) < length else { return }
        isExtended = true
        let result = kernelCall { ftruncate(descriptor.rawValue, off_t(length)) }
        guard result == 0 else { throw failure("ftruncate", result) }
    }

    /// Truncates or extends the file to its length and sets its metadata.
    ///
    /// The data is on the device before the file gets its time, wherever a power failure could otherwise leave the
    /// right size and time with other content: overwritten bytes are not ordered with either. See ``WriteBack``.
    ///
    /// - Parameters:
    ///   - length: The final length in bytes.
    ///   - attributes: The file's final attributes.
    /// - Returns: The attributes that could not be set.
    /// - Throws: ``VolumeError`` when the length cannot be set or the content cannot be written back.
    package func finish(length: Int64, _ attributes: FileAttributes) throws(VolumeError) -> [VolumeError] {
        try writePendingZeros()
        var status: FileStatus?
        let number = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw failure("statx", number) }
        if status.isDevice {
            try flushDevice()
        } else if mayAppearTorn(isCut: status.size != length) {
            let result = WriteBack.finish(descriptor.rawValue)
            guard result == 0 else { throw .writeBack(path: path, number: Int32(-result)) }
        }
        // Not if it already has that length: ext4 would then also set it on the device, where the blocks may still be
        // missing. Without a time to set, it gets that of now in any case, as in rsync.
        if status.size != length || attributes.modified == nil, !status.isDevice {
            let result = kernelCall { ftruncate(descriptor.rawValue, off_t(length)) }
            guard result == 0 else { throw failure("ftruncate", result) }
        }
        let target = AttributeTarget(
            descriptor: descriptor.rawValue,
            name: nil,
            path: { self.path },
            features: features,
            store: attributes.needStore(features) ? AttributeStore(descriptor.rawValue) : nil
        )
        return target.apply(attributes, current: status)
    }
}

extension InPlaceFile {
    /// Writes a device's content back, as far as the device supports that.
    private func flushDevice() throws(VolumeError) {
        let result = kernelCall { fdatasync(descriptor.rawValue) }
        guard result != 0, result != -Int(EINVAL), result != -Int(EROFS) else { return }
        throw .writeBack(path: path, number: Int32(-result))
    }

    /// Whether a power failure could leave the right size and time without the content.
    private func mayAppearTorn(isCut: Bool) -> Bool {
        // Even if nothing was written: a pass that was killed may have left the content in the page cache.
        if status.size > 0 { return true }
        guard writtenEnd > 0 else { return false }
        if isCut || isExtended { return true }
        let magic = WriteBack.magic(of: descriptor.rawValue)
        return writtenEnd > WriteBack.oneExtent ? !WriteBack.keepsOrder(magic) : WriteBack.raisesSizeFirst(magic)
    }
}

extension VolumeDirectory {
    /// Opens a file to change it in place; creates an empty one if there is none.
    ///
    /// - Parameters:
    ///   - name: The file's name.
    ///   - orDevice: Whether it may be a device, whose content is changed and whose length stays.
    /// - Returns: The file.
    /// - Throws: ``VolumeError``: ELOOP for a symbolic link, ``VolumeError/notRegular(path:)`` for other types.
    package func openInPlace(_ name: Span<UInt8>, orDevice: Bool = false) throws(VolumeError) -> InPlaceFile {
        try InPlaceFile(in: self, name: name, takesDevices: orDevice)
    }
}
