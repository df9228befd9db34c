import CLinux
import Glibc
import LinuxSystem

/// A failure on a volume.
package enum VolumeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed: its C name, its path below the root, and `errno`.
    case system(operation: String, path: [UInt8], number: Int32)
    /// Data written to a file was lost when the kernel wrote it back: the path and `errno`.
    case writeBack(path: [UInt8], number: Int32)
    /// An invalid name: empty, `.`, `..`, or containing a slash or a NUL.
    case invalidName([UInt8])
    /// An entry opened as a regular file, or for writing in place, is of another type.
    case notRegular(path: [UInt8])
    /// Links that lead up could not be followed, because something on the machine was renamed during every attempt.
    case renames(path: [UInt8])
    /// The entry is a mount point, which is neither removed nor entered for removal.
    case mountPoint(path: [UInt8])

    /// The error of a path that was opened.
    init(_ error: SystemError, _ path: [UInt8]) {
        self = .system(operation: error.operation, path: path, number: error.number)
    }

    /// See `SystemError.linkNote`.
    package var linkNote: String? {
        guard case .system(let operation, _, let number) = self else { return nil }
        return SystemError(operation: operation, number: number).linkNote
    }

    /// How often the kernel is asked to follow links while files are renamed.
    static let attemptsDuringRenames = 10_000

    private static let renameNote =
        "files on this machine were renamed during each of \(attemptsDuringRenames) attempts to follow a link that leads up; "
        + "run the transfer again, or stop what renames files all the time"

    /// What explains an error about links, to be printed before it; nil for other errors.
    package var note: String? {
        if case .renames = self { return Self.renameNote }
        return linkNote
    }

    /// The path, below the volume's root.
    package var path: [UInt8] {
        switch self {
        case .system(_, let path, _), .writeBack(let path, _), .invalidName(let path), .notRegular(let path),
            .mountPoint(let path), .renames(let path):
            path
        }
    }

    /// The system call that failed; nil if none did.
    package var operation: String? {
        if case .system(let operation, _, _) = self { operation } else { nil }
    }

    /// Whether a directory could not be made.
    package var isDirectoryNotMade: Bool { operation == "mkdir" }

    /// The error number of the system call; nil if none failed.
    package var number: Int32? {
        switch self {
        case .system(_, _, let number), .writeBack(_, let number): number
        case .renames: EAGAIN
        case .invalidName, .notRegular, .mountPoint: nil
        }
    }

    /// Whether there is no space: the device is full (ENOSPC) or a quota is exhausted (EDQUOT).
    ///
    /// Not for write-back: a thin-provisioned disk reports the same number then, although the file system had space.
    package var isOutOfSpace: Bool {
        guard case .system(_, _, let number) = self else { return false }
        return number == ENOSPC || number == EDQUOT
    }

    /// Whether the process or the machine has reached its limit of open files.
    package var isOutOfDescriptors: Bool { number == EMFILE || number == ENFILE }

    /// Whether the path, or a directory in it, does not exist.
    package var isMissing: Bool { number == ENOENT }

    /// Whether there was something else where a directory was expected.
    package var isNotDirectory: Bool { number == ENOTDIR }

    /// Whether the path does not exist, as the system call that looks for it says; a file that is open has no path to miss.
    package var isNameMissing: Bool { isMissing && (operation == "open" || operation == "statx") }

    /// Whether there was a symbolic link where a directory or a file was expected.
    package var isSymbolicLinkRefused: Bool { number == ELOOP }

    /// A one-sentence description, with nonprintable bytes shown as `\#ooo`.
    package var description: String {
        switch self {
        case .system(let operation, let path, let number):
            "\(operation) of \"\(PrintableText.path(path))\" failed: \(SystemError.text(of: number)) (\(number))"
        case .writeBack(let path, let number):
            "\"\(PrintableText.path(path))\" could not be written to the disk: "
                + "\(SystemError.text(of: number)) (\(number))"
        case .invalidName(let name): "\"\(PrintableText.path(name))\" is not a valid name"
        case .notRegular(let path): "\"\(PrintableText.path(path))\" is not a regular file"
        case .renames(let path): "\"\(PrintableText.path(path))\" could not be opened: \(Self.renameNote)"
        case .mountPoint(let path): "\"\(PrintableText.path(path))\" is a mount point"
        }
    }
}
