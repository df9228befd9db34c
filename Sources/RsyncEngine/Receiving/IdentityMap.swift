import Glibc
import RsyncWire
import VolumeAccess

/// Maps the sender's owners and groups to local ones (protocol specification, transfer 5.3).
///
/// One thread uses a map at a time.
final class IdentityMap {
    /// The most group memberships that are cached; others are looked up again.
    private static let mostMemberships = 65_536
    private let isRoot = geteuid() == 0
    private let usesNames: Bool
    private var users: [UInt32: UInt32] = [:]
    private var groups: [UInt32: UInt32] = [:]
    private var memberships: [UInt32: Bool] = [:]
    private let names = IdentityNames()

    /// - Parameter usesNames: Whether owners and groups are matched by name.
    init(usesNames: Bool) {
        self.usesNames = usesNames
    }

    /// Rewrites the IDs of a list's entries.
    ///
    /// - Parameters:
    ///   - list: A list that has just been received.
    ///   - userNames: Names that the sender has sent for user IDs so far.
    ///   - groupNames: Names that the sender has sent for group IDs so far.
    func map(_ list: FileList, userNames: [UInt32: [UInt8]], groupNames: [UInt32: [UInt8]]) {
        var lastUser: (from: UInt32, to: UInt32)?
        var lastGroup: (from: UInt32, to: UInt32)?
        for position in list.entries.indices {
            let uid = list.entries[position].uid
            if lastUser?.from != uid { lastUser = (uid, user(uid, userNames)) }
            if let lastUser { list.entries[position].uid = lastUser.to }
            let gid = list.entries[position].gid
            if lastGroup?.from != gid { lastGroup = (gid, group(gid, groupNames)) }
            if let lastGroup { list.entries[position].gid = lastGroup.to }
            if !isRoot, !isMember(list.entries[position].gid) { list.entries[position].flags.insert(.skipGroup) }
        }
    }

    private func user(_ id: UInt32, _ known: [UInt32: [UInt8]]) -> UInt32 {
        guard usesNames, isRoot, id != 0, let name = known[id] else { return id }
        if let mapped = users[id] { return mapped }
        let mapped = names.user(named: name) ?? id
        users[id] = mapped
        return mapped
    }

    private func group(_ id: UInt32, _ known: [UInt32: [UInt8]]) -> UInt32 {
        guard usesNames, id != 0, let name = known[id] else { return id }
        if let mapped = groups[id] { return mapped }
        let mapped = names.group(named: name) ?? id
        groups[id] = mapped
        return mapped
    }

    private func isMember(_ group: UInt32) -> Bool {
        if let known = memberships[group] { return known }
        let isMember = names.mayUse(group: group)
        if memberships.count >= Self.mostMemberships { memberships = [:] }
        memberships[group] = isMember
        return isMember
    }
}
