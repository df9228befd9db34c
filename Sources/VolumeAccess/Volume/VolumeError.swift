import CLinux
import Glibc
import LinuxSystem

/// What went wrong on a volume.
package enum VolumeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed: its C name, the path below the root that it worked on, and `errno`.
    case system(operation: String, path: [UInt8], number: Int32)
    /// The disk lost what was written to a file, as it turned out when the kernel wrote it back: the path and `errno`.
    case writeBack(path: [UInt8], number: Int32)
    /// A name that may not be used: empty, `.`, `..`, or with a slash or a NUL inside.
    case invalidName([UInt8])
    /// What was opened as a regular file, or for writing in place, is something else.
    case notRegular(path: [UInt8])
    /// A mount point, which is neither removed nor entered for removal.
    case mountPoint(path: [UInt8])

    /// The path concerned, below the volume's root.
    package var path: [UInt8] {
        switch self {
        case .system(_, let path, _), .writeBack(let path, _), .invalidName(let path), .notRegular(let path),
            .mountPoint(let path):
            path
        }
    }

    /// The kernel's number, where a system call failed.
    package var number: Int32? {
        switch self {
        case .system(_, _, let number), .writeBack(_, let number): number
        case .invalidName, .notRegular, .mountPoint: nil
        }
    }

    /// Whether there is no room: the device is full (ENOSPC) or a quota is used up (EDQUOT).
    ///
    /// Not when data is written back: a disk that allots its own space reports the same number then, and room was
    /// there.
    package var isOutOfSpace: Bool {
        guard case .system(_, _, let number) = self else { return false }
        return number == ENOSPC || number == EDQUOT
    }

    /// Whether a process or the machine has as many open files as it may.
    package var isOutOfDescriptors: Bool { number == EMFILE || number == ENFILE }

    /// Whether the path, or a directory on its way, is not there.
    package var isMissing: Bool { number == ENOENT }

    /// Whether a symbolic link stood where a directory or a file was expected.
    package var isSymbolicLinkRefused: Bool { number == ELOOP }

    /// One sentence, with bytes that do not print shown as `\#ooo`.
    package var description: String {
        switch self {
        case .system(let operation, let path, let number):
            "\(operation) of \"\(VolumeError.printable(path))\" failed: \(SystemError.text(of: number)) (\(number))"
        case .writeBack(let path, let number):
            "\"\(VolumeError.printable(path))\" could not be written to the disk: "
                + "\(SystemError.text(of: number)) (\(number))"
        case .invalidName(let name): "\"\(VolumeError.printable(name))\" is not a valid name"
        case .notRegular(let path): "\"\(VolumeError.printable(path))\" is not a regular file"
        case .mountPoint(let path): "\"\(VolumeError.printable(path))\" is a mount point"
        }
    }

    /// A path as text for a person: escaped (`PrintableText`), an empty path as `.`.
    package static func printable(_ path: [UInt8]) -> String {
        path.isEmpty ? "." : PrintableText.escaped(path)
    }
}
