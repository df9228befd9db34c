import Glibc
import LinuxSystem

/// The names of users and groups of this system, each looked up once.
///
/// Used by one thread at a time.
package final class IdentityNames {
    private var userNames: [UInt32: [UInt8]?] = [:]
    private var groupNames: [UInt32: [UInt8]?] = [:]
    private var users: [[UInt8]: UInt32?] = [:]
    private var groups: [[UInt8]: UInt32?] = [:]
    private var memberships: Set<UInt32>?

    /// Creates an empty cache.
    package init() {}

    /// The name of a user.
    ///
    /// - Returns: Nil if the system has none.
    package func userName(_ user: UInt32) -> [UInt8]? {
        if let known = userNames[user] { return known }
        let name = IdentityDatabase.name(ofUser: user)
        userNames[user] = .some(name)
        return name
    }

    /// The name of a group.
    ///
    /// - Returns: Nil if the system has none.
    package func groupName(_ group: UInt32) -> [UInt8]? {
        if let known = groupNames[group] { return known }
        let name = IdentityDatabase.name(ofGroup: group)
        groupNames[group] = .some(name)
        return name
    }

    /// The user with a name.
    ///
    /// - Returns: Nil if the system has none.
    package func user(named name: [UInt8]) -> UInt32? {
        if let known = users[name] { return known }
        let user = IdentityDatabase.user(named: name)
        users[name] = .some(user)
        return user
    }

    /// The group with a name.
    ///
    /// - Returns: Nil if the system has none.
    package func group(named name: [UInt8]) -> UInt32? {
        if let known = groups[name] { return known }
        let group = IdentityDatabase.group(named: name)
        groups[name] = .some(group)
        return group
    }

    /// Whether this process is in a group.
    package func isMember(of group: UInt32) -> Bool {
        if let memberships { return memberships.contains(group) }
        let memberships = Set(IdentityDatabase.supplementaryGroups() + [getegid()])
        self.memberships = memberships
        return memberships.contains(group)
    }
}
