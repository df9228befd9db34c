import CLinux
import Glibc
package import LinuxSystem

/// A file that is changed where it stands, for `--inplace`: a crash leaves it half old, half new.
///
/// Used by one thread at a time.
package final class InPlaceFile {
    let descriptor: Descriptor
    private let features: VolumeFeatures
    /// The path below the volume's root.
    package let path: [UInt8]
    /// How the file was when it was opened.
    package let status: FileStatus
    /// Where the data that was written ends; 0 when none was.
    private var writtenEnd: Int64 = 0
    /// Whether the length was set ahead of content.
    private var isExtended = false

    /// Opens a regular file for writing, or makes an empty one, without following a link (protocol specification,
    /// transfer 14.3).
    init(in directory: VolumeDirectory, name: Span<UInt8>) throws(VolumeError) {
        let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        var result = try directory.attempt(name) { Kernel.openat($0, $1, flags | O_CREAT, 0o600) }
        // fs.protected_regular refuses O_CREAT on somebody's file in a sticky directory.
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
        guard status.isRegular else { throw .notRegular(path: directory.path(of: name)) }
        self.status = status
    }

    /// Opens a file that its owner may not write, giving the permission only while it is opened (19.4 rule 8).
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

    /// Writes bytes at a place.
    ///
    /// - Throws: ``VolumeError``; see ``VolumeError/isOutOfSpace``.
    package func write(_ bytes: Span<UInt8>, at offset: Int64) throws(VolumeError) {
        let result = features.writes.shared { writeFully(bytes, to: descriptor.rawValue, at: offset) }
        writtenEnd = max(writtenEnd, offset + Int64(bytes.count))
        guard result == 0 else { throw failure("write", result) }
    }

    /// Writes stretches of bytes at a place, one behind the other.
    ///
    /// - Parameters:
    ///   - pieces: The stretches; their memory stays as it is during the call.
    ///   - offset: Where the first one goes.
    /// - Throws: ``VolumeError``; see ``VolumeError/isOutOfSpace``.
    package func write(gathering pieces: [MemorySlice], at offset: Int64) throws(VolumeError) {
        var written: Int64 = 0
        let result = features.writes.shared {
            writeFully(gathering: pieces, to: descriptor.rawValue, at: offset, written: &written)
        }
        writtenEnd = max(writtenEnd, offset + written)
        guard result == 0 else { throw failure("write", result) }
    }

    /// Writes zeros at a place, as a hole where the file system can.
    ///
    /// - Parameters:
    ///   - count: How many bytes, 0 or more.
    ///   - offset: Where they start.
    /// - Throws: ``VolumeError``.
    package func writeZeros(_ count: Int64, at offset: Int64) throws(VolumeError) {
        guard count > 0 else { return }
        let mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
        let result = features.withinRoom(of: descriptor) {
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

    /// Punching keeps the size: a file that ends before the hole is made longer.
    private func extend(to length: Int64) throws(VolumeError) {
        let end = kernelCall { lseek(descriptor.rawValue, 0, SEEK_END) }
        guard end >= 0 else { throw failure("lseek", end) }
        guard Int64(end) < length else { return }
        isExtended = true
        let result = kernelCall { ftruncate(descriptor.rawValue, off_t(length)) }
        guard result == 0 else { throw failure("ftruncate", result) }
    }

    /// Cuts or extends the file to its length and sets its metadata.
    ///
    /// What was written is on the device before the file gets its time, wherever a power cut could otherwise leave the
    /// right size and time on other content: bytes that are overwritten keep no order with either. See ``WriteBack``.
    ///
    /// - Parameters:
    ///   - length: The final length in bytes.
    ///   - attributes: What the file shall have.
    /// - Returns: The metadata that could not be set.
    /// - Throws: ``VolumeError`` when the length cannot be set or the content not be written back.
    package func finish(length: Int64, _ attributes: FileAttributes) throws(VolumeError) -> [VolumeError] {
        var status: FileStatus?
        let number = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw failure("statx", number) }
        if mayAppearTorn(isCut: status.size != length) {
            let result = WriteBack.finish(descriptor.rawValue)
            guard result == 0 else { throw .writeBack(path: path, number: Int32(-result)) }
        }
        // Not when it has the length already: ext4 would set it on the device, too, where the blocks may still be missing.
        if status.size != length {
            let result = kernelCall { ftruncate(descriptor.rawValue, off_t(length)) }
            guard result == 0 else { throw failure("ftruncate", result) }
        }
        let target = AttributeTarget(
            descriptor: descriptor.rawValue,
            name: nil,
            path: { self.path },
            features: features
        )
        return target.apply(attributes, current: status)
    }
}

extension InPlaceFile {
    /// Whether a power cut could leave the right size and time on content that is not there yet.
    private func mayAppearTorn(isCut: Bool) -> Bool {
        // Even when nothing was written: a pass that was killed may have left the content in the page cache.
        if status.size > 0 { return true }
        guard writtenEnd > 0 else { return false }
        if isCut || isExtended { return true }
        let magic = WriteBack.magic(of: descriptor.rawValue)
        return writtenEnd > WriteBack.oneExtent ? !WriteBack.keepsOrder(magic) : WriteBack.raisesSizeFirst(magic)
    }
}

extension VolumeDirectory {
    /// Opens a file to change it where it stands; an empty one is made when there is none.
    ///
    /// - Throws: ``VolumeError``: ELOOP for a symbolic link, ``VolumeError/notRegular(path:)`` for other kinds.
    package func openInPlace(_ name: Span<UInt8>) throws(VolumeError) -> InPlaceFile {
        try InPlaceFile(in: self, name: name)
    }
}
