import Glibc
package import LinuxSystem

/// Another user for the whole process (`--copy-as` of rsync(1)).
package struct ProcessUser: Sendable {
    private let user: UInt32
    private let group: UInt32
    private let groups: [UInt32]

    /// Why there is no such user.
    package enum Flaw: Error, Equatable, Sendable {
        case unknownUser(String)
        case unknownGroup(String)
    }

    /// Looks up `USER` or `USER:GROUP`, by name or number; without a group, the user's own groups count.
    package init(_ text: String) throws(Flaw) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let user = UInt32(parts[0]) ?? IdentityDatabase.user(named: Array(parts[0].utf8)) else {
            throw .unknownUser(parts[0])
        }
        self.user = user
        if parts.count > 1 {
            guard let group = UInt32(parts[1]) ?? IdentityDatabase.group(named: Array(parts[1].utf8)) else {
                throw .unknownGroup(parts[1])
            }
            (self.group, groups) = (group, [group])
        } else {
            let own = IdentityDatabase.groups(ofUser: user)
            (group, groups) = (own.first ?? user, own)
        }
    }

    /// Makes every thread of this process run as the user.
    ///
    /// - Throws: ``SystemError`` when this process may not; some of its IDs may then have changed.
    package func assume() throws(SystemError) {
        try systemCall("setgroups") { setGroups(groups) }
        try systemCall("setgid") { setgid(group) }
        try systemCall("setuid") { setuid(user) }
    }
}
