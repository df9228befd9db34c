import CLinux
import Glibc
package import LinuxSystem

/// Another user for the whole process (`--copy-as` of rsync(1), `--run-as` of the agents).
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

    /// A user by numbers.
    ///
    /// - Parameters:
    ///   - user: Its number.
    ///   - group: The number of its own group.
    ///   - groups: Those of its other groups.
    package init(user: UInt32, group: UInt32, groups: [UInt32]) {
        self.user = user
        self.group = group
        self.groups = [group] + groups.filter { $0 != group }
    }

    /// Makes every thread of this process run as the user.
    ///
    /// - Throws: ``SystemError`` when this process may not; some of its IDs may then have changed.
    package func assume() throws(SystemError) {
        try systemCall("setgroups") { setGroups(groups) }
        try systemCall("setgid") { setgid(group) }
        try systemCall("setuid") { setuid(user) }
    }

    /// Makes this process run as the user without any capability, and without a way back: it can get no more rights by
    /// programs either (`PR_SET_NO_NEW_PRIVS`).
    ///
    /// - Throws: ``SystemError``, with EBUSY when there is more than one thread, since the others would keep their
    ///   capabilities, and with EPERM when this process may not. The process should end then.
    package func assumeForGood() throws(SystemError) {
        guard user != 0 else { throw SystemError(operation: "setuid", number: EINVAL) }
        guard try ProcessThreads.count() == 1 else { throw SystemError(operation: "setuid", number: EBUSY) }
        try systemCall("prctl") { dvm_forbid_new_privileges() }
        // Without CAP_SETPCAP they stay, but no program can gain them any more.
        for number in Int32(0)..<64 where dvm_drop_bounding_capability(number) != 0 { break }
        try assume()
        _ = dvm_clear_ambient_capabilities()
        try systemCall("capset") { dvm_clear_capabilities() }
        let (sets, ids) = (capabilitySets(), threeIdentities())
        guard sets.effective | sets.permitted | sets.inheritable == 0, ids.users.allSatisfy({ $0 == user }),
            ids.groups.allSatisfy({ $0 == group }), setuid(0) != 0
        else { throw SystemError(operation: "setuid", number: EPERM) }
    }
}
