import Glibc
import LinuxSystem

/// What `--fake-super` stores about an entry that it does not set (protocol specification, transfer 8.4).
struct StoredStatus: Equatable, Sendable {
    /// The attribute that holds it.
    static let name = Array("user.rsync.%stat".utf8)
    /// The attribute that holds an access ACL.
    static let accessListName = Array("user.rsync.%aacl".utf8)
    /// The attribute that holds a default ACL.
    static let defaultListName = Array("user.rsync.%dacl".utf8)

    /// Type and permissions, as `st_mode`.
    var mode: UInt32
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var owner: UInt32
    var group: UInt32

    /// Reads `MODE MAJOR,MINOR UID:GID` with an octal mode; nil if it has another form.
    init?(parsing text: [UInt8]) {
        guard text.filter({ " ,:".utf8.contains($0) }) == Array(" , :".utf8) else { return nil }
        let parts = text.split(omittingEmptySubsequences: false) { " ,:".utf8.contains($0) }
        guard parts.count == 5, let mode = UInt32(String(decoding: parts[0], as: UTF8.self), radix: 8) else {
            return nil
        }
        let numbers = parts[1...].compactMap { UInt32(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 4, mode <= 0o177777, FileKind(mode: mode) != .unknown else { return nil }
        (self.mode, major, minor, owner, group) = (mode, numbers[0], numbers[1], numbers[2], numbers[3])
    }

    /// What a status says.
    init(_ status: FileStatus) {
        mode = status.mode
        (major, minor) = status.isDevice ? (status.deviceMajor, status.deviceMinor) : (0, 0)
        (owner, group) = (status.owner, status.group)
    }

    /// The attribute's value.
    var bytes: [UInt8] { Array("\(String(mode, radix: 8)) \(major),\(minor) \(owner):\(group)".utf8) }

    /// The permissions that the real entry has: never more than an ordinary user may give, never less than its owner
    /// needs.
    var realPermissions: UInt32 {
        mode & 0o777 | (FileKind(mode: mode) == .directory ? 0o700 : 0o600)
    }
}

extension VolumeFeatures {
    /// The status that `--fake-super` shows: that of the entry, with what is stored for it in the place of its own.
    ///
    /// - Throws: ``VolumeError`` if what is stored cannot be read: the entry may be anything then.
    func shown(
        _ status: FileStatus,
        _ store: @autoclosure () -> AttributeStore,
        _ path: @autoclosure () -> [UInt8]
    ) throws(VolumeError) -> FileStatus {
        guard simulatesPrivileges, status.isRegular || status.isDirectory else { return status }
        switch store().value(of: StoredStatus.name) {
        case .success(let value):
            guard let stored = StoredStatus(parsing: value) else {
                throw .system(operation: "read the corrupt user.rsync.%stat of", path: path(), number: EINVAL)
            }
            return status.showing(stored)
        case .failure(let error) where [ENODATA, EOPNOTSUPP, ENOENT].contains(error.number):
            var own = status
            own.hasUnstoredPermissions = status.permissions != StoredStatus(status).realPermissions
            return own
        case .failure(let error):
            throw .system(operation: "read user.rsync.%stat of", path: path(), number: error.number)
        }
    }
}

extension FileStatus {
    /// The same entry with what is stored for it.
    fileprivate func showing(_ stored: StoredStatus) -> FileStatus {
        var shown = self
        (shown.mode, shown.owner, shown.group) = (stored.mode, stored.owner, stored.group)
        (shown.deviceMajor, shown.deviceMinor) = (stored.major, stored.minor)
        return shown
    }
}
