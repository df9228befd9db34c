import CLinux
import Glibc
package import LinuxSystem

/// Confines the process to some directories and files, permanently (Landlock, kernel 5.19 and later).
///
/// What is not named can be neither opened, created nor removed from then on, even by root; programs cannot be run.
/// What is open already stays usable. Looking at attributes (stat(2), readlink(2)), changing them, the network and
/// signals are outside of it.
///
/// A rule belongs to a directory, not to its path: when the directory is removed and created again, the rule is gone
/// with it.
package struct Sandbox: Sendable {
    /// What may be done below a path.
    package enum Access: Sendable {
        /// Files and directories can be read.
        case read
        /// Everything but running programs.
        case write
        /// Names of files can be removed.
        case remove
    }

    /// The outcome.
    package enum Outcome: Equatable, Sendable {
        /// The process and what it starts later are confined; the version of the kernel's interface.
        case confined(version: Int)
        /// The kernel does not support it; why, as text.
        case unsupported(String)
    }

    /// A path and what may be done below it.
    package struct Rule: Equatable, Sendable {
        /// A directory or a file.
        package let path: String
        /// What may be done there.
        package let access: Access
    }

    /// The rules; those for one path add up.
    package private(set) var rules: [Rule] = []

    /// Allows nothing.
    package init() {}

    /// Allows something more.
    ///
    /// - Parameters:
    ///   - path: A directory or file; one that is not there when ``confine()`` is called is passed over.
    ///   - access: What may be done there and below.
    package mutating func allow(_ path: String, _ access: Access) {
        let rule = Rule(path: path, access: access)
        if !rules.contains(rule) { rules.append(rule) }
    }

    /// Confines the calling thread and all that it starts.
    ///
    /// - Returns: Whether the kernel does so.
    /// - Throws: ``SystemError`` when a rule cannot be made, and with EBUSY when there is more than one thread: the
    ///   others would stay free. Nothing is confined then.
    package func confine() throws(SystemError) -> Outcome {
        let version = Int(dvm_landlock_version())
        guard version > 0 else {
            let reason = errno == EOPNOTSUPP ? "Landlock is switched off" : "the kernel has no Landlock"
            return .unsupported(reason)
        }
        // Version 1 forbids links and renames across directories.
        guard version >= 2 else {
            return .unsupported("the kernel has Landlock version 1; version 2 (Linux 5.19) is needed")
        }
        guard try ProcessThreads.count() == 1 else {
            throw SystemError(operation: "landlock_restrict_self", number: EBUSY)
        }
        let handled = Self.handled(version)
        let ruleset = Descriptor(
            owning: try systemCall("landlock_create_ruleset") { dvm_landlock_create_ruleset(handled) }
        )
        for rule in rules { try Self.add(rule, to: ruleset, handled) }
        try systemCall("prctl") { dvm_forbid_new_privileges() }
        let number = ruleset.rawValue
        try systemCall("landlock_restrict_self") { dvm_landlock_restrict_self(number) }
        return .confined(version: version)
    }

    /// Whether something is mounted on a directory; symbolic links are followed.
    package static func isMountPoint(_ path: String) -> Bool {
        let flag = UInt64(STATX_ATTR_MOUNT_ROOT)
        guard let status = extendedStatus(path) else { return false }
        return status.stx_attributes & status.stx_attributes_mask & flag != 0
    }

    private static func add(_ rule: Rule, to ruleset: borrowing Descriptor, _ handled: UInt64) throws(SystemError) {
        let opened = openFile(rule.path, O_PATH | O_CLOEXEC)
        guard opened >= 0 else {
            guard [ENOENT, ENOTDIR, EACCES].contains(errno) else { throw SystemError(operation: "open", number: errno) }
            return
        }
        let place = Descriptor(owning: opened)
        let status = try DescriptorStatus(of: opened)
        var allowed: UInt64 =
            switch rule.access {
            case .read: Right.read
            case .remove: Right.removeFile
            case .write: handled & ~Right.execute
            }
        if status.type != S_IFDIR { allowed &= Right.ofFiles }
        let (number, rights) = (ruleset.rawValue, allowed & handled)
        try systemCall("landlock_add_rule") { dvm_landlock_add_path(number, place.rawValue, rights) }
    }

    /// The rights that a version of the kernel's interface knows, all of which are taken away.
    private static func handled(_ version: Int) -> UInt64 {
        var rights = Right.ofVersion2
        if version >= 3 { rights |= Right.truncate }
        if version >= 5 { rights |= Right.deviceControl }
        return rights
    }

    /// Bits of the kernel's interface (`linux/landlock.h`; the later ones are not in the headers of Debian 12).
    private enum Right {
        static let execute: UInt64 = 1 << 0
        static let writeFile: UInt64 = 1 << 1
        static let readFile: UInt64 = 1 << 2
        static let readDirectory: UInt64 = 1 << 3
        static let removeFile: UInt64 = 1 << 5
        static let truncate: UInt64 = 1 << 14
        static let deviceControl: UInt64 = 1 << 15
        /// Bits 0 to 13, the last of which lets names move between directories (`REFER`).
        static let ofVersion2: UInt64 = (1 << 14) - 1
        static let read = readFile | readDirectory
        /// What a rule about something else than a directory may hold.
        static let ofFiles = execute | writeFile | readFile | truncate | deviceControl
    }
}
