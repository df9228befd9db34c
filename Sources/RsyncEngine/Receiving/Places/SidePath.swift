import LinuxSystem
import RsyncOptions
import VolumeAccess

/// Finds the directories beside the destination that options name (rsync(1); protocol specification, transfer 19.4).
struct SidePath: Sendable {
    /// A module's root, which cannot be left; nil where paths are the operator's own.
    let base: Volume?
    /// The destination's path in the module.
    let basePath: [UInt8]
    /// The destination, to which relative paths are relative.
    let destination: Volume
    /// Which links on the way are followed.
    let rule: PathRule

    /// Opens a directory.
    ///
    /// - Parameters:
    ///   - path: As the option gives it; in a module, an absolute path starts at its root, and `..` does not lead out.
    ///   - permissions: Those of missing directories on the way, if they are to be made.
    /// - Returns: The directory; below it, no links are followed.
    /// - Throws: ``VolumeError``; see ``VolumeError/isMissing``.
    func open(_ path: [UInt8], making permissions: UInt32? = nil) throws(VolumeError) -> Volume {
        guard let base else { return try destination.open(path, making: permissions, by: rule) }
        let inside = modulePath(path)
        return inside.isEmpty ? base : try base.open(inside, making: permissions, by: rule)
    }

    /// The path of a directory from the module's root.
    func modulePath(_ path: [UInt8]) -> [UInt8] {
        Self.normalized(path.first == PathParts.separator ? path : basePath + [PathParts.separator] + path)
    }

    /// A path as messages show it: with the destination's, unless it is absolute.
    func shown(_ path: [UInt8]) -> [UInt8] {
        guard path.first != PathParts.separator else { return path }
        let directory = base == nil ? destination.absolutePath : [PathParts.separator] + basePath
        return directory + [PathParts.separator] + path
    }

    /// A path without empty components, `.` and `..`; above the root there is only the root.
    static func normalized(_ path: [UInt8]) -> [UInt8] {
        var parts: [ArraySlice<UInt8>] = []
        for part in PathParts.components(of: path) {
            switch Array(part) {
            case [UInt8(ascii: ".")]: break
            case [UInt8(ascii: "."), UInt8(ascii: ".")]: _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return Array(parts.joined(separator: [PathParts.separator]))
    }
}

extension TransferOptions.Placement {
    /// Lets relative paths of backups and temporary files lead no higher than the destination, as rsync does in a module that
    /// is not the root of the file system for it.
    mutating func keepBelowDestination() {
        backupDirectory = backupDirectory.map(Self.belowDestination)
        temporaryDirectory = temporaryDirectory.map(Self.belowDestination)
    }

    private static func belowDestination(_ path: [UInt8]) -> [UInt8] {
        guard path.first != PathParts.separator, !path.isEmpty else { return path }
        let below = SidePath.normalized(path)
        return below.isEmpty ? [UInt8(ascii: ".")] : below
    }
}
