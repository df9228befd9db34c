import CLinux

/// A capability of Linux that decides what a process may do with files (capabilities(7)); the raw value is its bit.
package enum Capability: Int, Sendable, CaseIterable {
    /// Sets the owners and groups of files.
    case chown = 0
    /// Reads and writes all files and directories.
    case overrideAccess = 1
    /// Reads all files and directories.
    case readAll = 2
    /// Sets modes and times of files of others.
    case actAsOwner = 3
    /// Keeps the set-ID bits of files of other groups.
    case keepSetID = 4
    /// Becomes other groups.
    case setGroups = 6
    /// Becomes other users.
    case setUsers = 7
    /// Sets extended attributes of the name space `trusted`.
    case administer = 21
    /// Makes devices.
    case makeDevices = 27
    /// Sets capabilities of files.
    case setFileCapabilities = 31

    /// Its name in a pod's securityContext.
    package var name: String {
        switch self {
        case .chown: "CHOWN"
        case .overrideAccess: "DAC_OVERRIDE"
        case .readAll: "DAC_READ_SEARCH"
        case .actAsOwner: "FOWNER"
        case .keepSetID: "FSETID"
        case .setGroups: "SETGID"
        case .setUsers: "SETUID"
        case .administer: "SYS_ADMIN"
        case .makeDevices: "MKNOD"
        case .setFileCapabilities: "SETFCAP"
        }
    }

    /// Whether the calling thread has it now.
    package var isHeld: Bool { capabilitySets().effective & 1 << UInt64(rawValue) != 0 }

    /// Those that the calling thread has now.
    package static var held: [Capability] { allCases.filter(\.isHeld) }
}
