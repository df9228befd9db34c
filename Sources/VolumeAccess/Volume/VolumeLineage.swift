import CLinux
import Glibc
import LinuxSystem

/// The identity of a directory, regardless of the path that led to it.
package struct DirectoryIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
    }
}

/// A directory and its ancestors, to determine whether two trees overlap regardless of the paths that lead to them.
///
/// A bind mount has two parents: the directory that it is mounted in, and the parent of the directory that it was bound
/// from. The second is found if the file system is also mounted such that it is visible.
package struct VolumeLineage: Sendable {
    /// The directory itself.
    package let own: DirectoryIdentity
    /// Its ancestors.
    package let above: Set<DirectoryIdentity>
    /// The ancestors as directories to lock, opened with O_PATH.
    let directories: [VolumeDirectory]

    /// Whether one tree is the other, or contains it.
    package func overlaps(_ other: VolumeLineage) -> Bool {
        own == other.own || above.contains(other.own) || other.above.contains(own)
    }
}

extension Volume {
    /// The most levels that are examined; PATH_MAX allows no more.
    private static let deepest = 2048

    /// Determines the volume's current ancestors.
    ///
    /// - Returns: The volume's identity and ancestors.
    /// - Throws: ``VolumeError`` when the root's status cannot be read.
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

    /// Adds a directory; false if it was already known.
    @discardableResult
    private func note(_ directory: VolumeDirectory, _ found: inout [DirectoryIdentity: VolumeDirectory]) -> Bool {
        guard let status = try? directory.status() else { return false }
        return found.updateValue(directory, forKey: DirectoryIdentity(status)) == nil
    }

    /// Ascends from a directory to the process's root, where `..` is the directory itself.
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

    /// The directories above the one that is mounted here, in the file system that it comes from.
    private func directoriesBehindMount() -> [VolumeDirectory] {
        let own = mount()
        guard own.root.count > 1 else { return [] }
        let others = MountLine.all.filter { $0.device == own.device && $0.number != own.number }
        // The nearest visible directory is enough: the others are above it.
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

    /// Opens a path if it is on the volume's file system: another mount may cover it.
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
