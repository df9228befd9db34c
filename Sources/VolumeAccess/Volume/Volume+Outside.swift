import CLinux
import Glibc
package import LinuxSystem

extension Volume {
    /// Opens a directory by a path whose links are judged.
    ///
    /// - Parameters:
    ///   - path: Absolute or relative to the working directory.
    ///   - rule: Which links are followed, and where the path may lead.
    ///   - simulating: See ``open(path:simulating:)``.
    /// - Returns: The volume of that directory.
    /// - Throws: ``VolumeError``, with this path.
    package static func open(
        path: [UInt8],
        by rule: PathRule,
        simulating: Bool = false
    ) throws(VolumeError) -> Volume {
        do throws(SystemError) {
            return Volume(try PathWalk.open(path, O_RDONLY | O_DIRECTORY, by: rule), simulating: simulating)
        } catch {
            throw VolumeError(error, path)
        }
    }

    /// Opens a directory by a path from this volume's root whose links are judged.
    ///
    /// - Parameters:
    ///   - path: Empty for the root. It may lead out of this volume unless the rule encloses it.
    ///   - permissions: Those of missing directories on the way, if they are to be made.
    ///   - rule: Which links are followed, and where the path may lead.
    /// - Returns: The volume of that directory.
    /// - Throws: ``VolumeError``, with this path.
    package func open(
        _ path: [UInt8],
        making permissions: UInt32? = nil,
        by rule: PathRule
    ) throws(VolumeError) -> Volume {
        let path = path.isEmpty ? [UInt8(ascii: ".")] : path
        let start = root.descriptor.rawValue
        do throws(SystemError) {
            let directory = try PathWalk.open(path, from: start, O_RDONLY | O_DIRECTORY, making: permissions, by: rule)
            return Volume(directory, simulating: features.simulatesPrivileges)
        } catch {
            throw VolumeError(error, path)
        }
    }
}

extension VolumeDirectory {
    /// Opens the regular file that a path from this directory leads to, the links on the way and its own judged.
    ///
    /// - Parameters:
    ///   - path: It may lead out of this directory unless the rule encloses it.
    ///   - rule: Which links are followed, and where the path may lead.
    /// - Returns: The file.
    /// - Throws: ``VolumeError``; ``VolumeError/notRegular(path:)`` for anything but a file.
    package func openForReading(path: [UInt8], by rule: PathRule) throws(VolumeError) -> ReadableFile {
        let opened: Descriptor
        do throws(SystemError) {
            let start = descriptor.rawValue
            opened = try PathWalk.open(path, from: start, O_RDONLY | O_NONBLOCK | O_NOCTTY, by: rule)
        } catch {
            throw VolumeError(error, self.path(of: path.span))
        }
        return try ReadableFile(opened, path: self.path(of: path.span), features: features)
    }
}

extension VolumeDirectory {
    /// Opens a directory below this one if there is one; no component may be a symbolic link.
    ///
    /// - Parameter relativePath: Names joined by single slashes.
    /// - Returns: Nil if there is none.
    /// - Throws: ``VolumeError`` for any other failure.
    package func directoryIfPresent(_ relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try openDirectory(below: relativePath)
        } catch {
            guard error.isMissing || error.number == ENOTDIR || error.isSymbolicLinkRefused else { throw error }
            return nil
        }
    }
}
