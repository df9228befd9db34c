import CLinux
import Glibc
import LinuxSystem

/// Which directory it is, whatever name led to it.
package struct DirectoryIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
    }
}

/// A directory and all that it lies in, so that two trees can be told to overlap whatever names lead to them.
///
/// A bind mount has two directories above it: the one that it is mounted in, and the one that it was taken from. The
/// second is found where the file system is also mounted in a way that shows it.
package struct VolumeLineage: Sendable {
    /// The directory itself.
    package let own: DirectoryIdentity
    /// The directories that it lies in.
    package let above: Set<DirectoryIdentity>
    /// The same as directories to lock, opened with O_PATH.
    let directories: [VolumeDirectory]

    /// Whether one tree is the other, or lies in it.
    package func overlaps(_ other: VolumeLineage) -> Bool {
        own == other.own || above.contains(other.own) || other.above.contains(own)
    }
}

extension Volume {
    /// How many levels are looked at; PATH_MAX allows no more.
    private static let deepest = 2048

    /// Finds out where the volume lies now.
    ///
    /// - Returns: Its place.
    /// - Throws: ``VolumeError`` when not even the root's status can be had.
    package func lineage() throws(VolumeError) -> VolumeLineage {
        let own = DirectoryIdentity(try root.status())
        var found: [DirectoryIdentity: VolumeDirectory] = [:]
        climb(from: root, &found)
        for directory in directoriesBehindMount() {
            note(directory, &found)
            climb(from: directory, &found)
        }
        found[own] = nil
        return VolumeLineage(own: own, above: Set(found.keys), directories: Array(found.values))
    }

    /// Takes in a directory; false when it was known before.
    @discardableResult
    private func note(_ directory: VolumeDirectory, _ found: inout [DirectoryIdentity: VolumeDirectory]) -> Bool {
        guard let status = try? directory.status() else { return false }
        return found.updateValue(directory, forKey: DirectoryIdentity(status)) == nil
    }

    /// Goes up from a directory to the root of the process, where `..` leads nowhere else.
    private func climb(from start: VolumeDirectory, _ found: inout [DirectoryIdentity: VolumeDirectory]) {
        var current = start
        for _ in 0..<Self.deepest {
            guard let parent = open("..", at: current.descriptor.rawValue), note(parent, &found) else { return }
            current = parent
        }
    }

    private func open(_ path: CPath, at directory: Int32) -> VolumeDirectory? {
        let number = kernelCall { Kernel.openat(directory, path, O_PATH | O_DIRECTORY | O_CLOEXEC) }
        guard number >= 0 else { return nil }
        return VolumeDirectory(Descriptor(owning: Int32(number)), relativePath: [], features: features)
    }

    /// The directories above the one that is mounted here, in the file system that it was taken from.
    private func directoriesBehindMount() -> [VolumeDirectory] {
        let own = mount()
        guard own.root.count > 1 else { return [] }
        let others = MountLine.all.filter { $0.device == own.device && $0.number != own.number }
        // The nearest directory that is seen is enough: the others lie above it.
        var path = PathParts(own.root)
        while path.hasParent {
            let wanted = path.parent
            defer { path = PathParts(wanted) }
            for other in others {
                let base = other.root == [UInt8(ascii: "/")] ? [] : other.root
                guard wanted.starts(with: base), wanted.count == base.count || wanted[base.count] == UInt8(ascii: "/")
                else { continue }
                let path = other.point + wanted.dropFirst(base.count)
                if let directory = openOnDevice(path) { return [directory] }
            }
        }
        return []
    }

    /// Opens a path if it still lies on the volume's file system: another mount may cover it.
    private func openOnDevice(_ path: [UInt8]) -> VolumeDirectory? {
        let number = withTerminated(path.span) { path in
            kernelCall { Kernel.openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        }
        guard number >= 0 else { return nil }
        let directory = VolumeDirectory(Descriptor(owning: Int32(number)), relativePath: [], features: features)
        guard let found = try? directory.status().device, let own = try? root.status().device, found == own else {
            return nil
        }
        return directory
    }
}
