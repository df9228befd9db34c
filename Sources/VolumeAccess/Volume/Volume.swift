import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// A tree that may be read and changed: a root directory, held open by a descriptor, and nothing outside it.
///
/// ## Concurrency model
/// Immutable after opening; may be used on any thread.
package final class Volume: Sendable {
    /// The root directory.
    package let root: VolumeDirectory
    let features: VolumeFeatures
    /// The resolution of modification times in nanoseconds; 0 until it is determined.
    let knownTimeGrain = Atomic<Int64>(0)

    /// Opens a root and keeps it open.
    ///
    /// The path is the operator's own, so symbolic links in it are followed. Whatever the path refers to later, the
    /// volume remains the directory that was opened.
    ///
    /// - Parameters:
    ///   - path: A directory, absolute or relative to the working directory.
    ///   - simulating: Whether owners, modes, devices and links are kept in extended attributes (rsync(1),
    ///     `--fake-super`).
    /// - Returns: The volume.
    /// - Throws: ``VolumeError``, with this path.
    package static func open(path: Span<UInt8>, simulating: Bool = false) throws(VolumeError) -> Volume {
        let number = withTerminated(path) { path in
            kernelCall { Kernel.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        }
        guard number >= 0 else {
            throw .system(operation: "open", path: bytes(of: path), number: Int32(-number))
        }
        return Volume(Descriptor(owning: Int32(number)), simulating: simulating)
    }

    /// Opens a root whose path is a string; see ``open(path:)-(Span<UInt8>)``.
    ///
    /// - Parameter path: A directory, absolute or relative to the working directory.
    /// - Returns: The volume.
    /// - Throws: ``VolumeError``, with this path.
    package static func open(path: String) throws(VolumeError) -> Volume {
        let bytes = Array(path.utf8)
        return try open(path: bytes.span)
    }

    /// Disables closing files before they get their names, by which network file systems report lost writes.
    package func nameWithoutClosing() { features.closeBeforeName.refuse() }

    init(_ descriptor: consuming Descriptor, simulating: Bool) {
        features = VolumeFeatures(simulatesPrivileges: simulating)
        root = VolumeDirectory(descriptor, relativePath: [], features: features)
    }

    /// A volume of a directory that is already open.
    ///
    /// - Throws: ``VolumeError`` when its descriptor cannot be duplicated.
    convenience init(sharing directory: VolumeDirectory) throws(VolumeError) {
        do throws(SystemError) {
            let descriptor = try directory.descriptor.duplicate()
            self.init(descriptor, simulating: directory.features.simulatesPrivileges)
        } catch {
            throw .system(operation: error.operation, path: directory.relativePath, number: error.number)
        }
    }

    /// A volume whose root is a directory of this one; nothing above that directory can be reached through it.
    ///
    /// - Parameter relativePath: Names joined by single slashes.
    /// - Returns: The volume of that directory.
    /// - Throws: ``VolumeError`` as in ``directory(_:)``.
    package func volume(at relativePath: Span<UInt8>) throws(VolumeError) -> Volume {
        try Volume(sharing: directory(relativePath))
    }

    /// Opens a directory below the root, where no component may be a symbolic link.
    ///
    /// - Parameter relativePath: Names joined by single slashes; empty or `.` is the root itself.
    /// - Returns: The directory.
    /// - Throws: ``VolumeError/invalidName(_:)`` for an absolute path or a component that is empty, `.` or `..`;
    ///   otherwise the kernel's error, ELOOP if a component is a symbolic link.
    package func directory(_ relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory {
        if relativePath.isEmpty || (relativePath.count == 1 && relativePath[0] == UInt8(ascii: ".")) { return root }
        return try root.openDirectory(below: relativePath)
    }
}

/// A copy of a span's bytes.
func bytes(of span: Span<UInt8>) -> [UInt8] {
    [UInt8](capacity: span.count) { output in
        for index in span.indices { output.append(span[index]) }
    }
}
