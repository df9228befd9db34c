import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// The sender's names of users and groups.
struct SenderNames {
    /// The name of a user ID; nil if it has none, or none was sent.
    let user: (UInt32) -> [UInt8]?
    /// The name of a group ID.
    let group: (UInt32) -> [UInt8]?
}

/// Maps the sender's owners and groups to local ones (protocol specification, transfer 5.3).
///
/// One thread uses a map at a time.
final class IdentityMap {
    /// The most group memberships that are cached; others are looked up again.
    private static let mostMemberships = 65_536
    private let isSuper: Bool
    private let usesNames: Bool
    private let userRules: TargetedRules?
    private let groupRules: TargetedRules?
    private var users: [UInt32: UInt32] = [:]
    private var groups: [UInt32: UInt32] = [:]
    private var memberships: [UInt32: Bool] = [:]
    private let names = IdentityNames()

    /// Prepares the map of a session; a rule with an unknown target is reported and left out.
    ///
    /// - Parameter state: Supplies the options, and reports.
    init(_ state: SessionState) {
        usesNames = state.mapsNames
        let attributes = state.options.attributes
        isSuper = attributes.privileges.isSuper(asRoot: geteuid() == 0)
        let names = names
        userRules = attributes.userRules.map { TargetedRules($0, "user", state, names.user(named:)) }
        groupRules = attributes.groupRules.map { TargetedRules($0, "group", state, names.group(named:)) }
    }

    /// Whether entries of this machine need it, too: otherwise they keep their IDs.
    var isNeededLocally: Bool { userRules != nil || groupRules != nil || !isSuper }

    /// The names of this machine, for entries that come from it.
    var localNames: SenderNames { SenderNames(user: names.userName, group: names.groupName) }

    /// Rewrites the IDs of a list's entries.
    ///
    /// - Parameters:
    ///   - list: A list that has just been received.
    ///   - sent: The sender's names so far.
    func map(_ list: FileList, _ sent: SenderNames) {
        var lastUser: (from: UInt32, to: UInt32)?
        var lastGroup: (from: UInt32, to: UInt32)?
        for position in list.entries.indices {
            let uid = list.entries[position].uid
            if lastUser?.from != uid { lastUser = (uid, user(uid, sent)) }
            if let lastUser { list.entries[position].uid = lastUser.to }
            let gid = list.entries[position].gid
            if lastGroup?.from != gid { lastGroup = (gid, group(gid, sent)) }
            if let lastGroup { list.entries[position].gid = lastGroup.to }
            if !isSuper, !isMember(list.entries[position].gid) { list.entries[position].flags.insert(.skipGroup) }
        }
    }

    /// Rewrites the IDs in the ACLs that have come since the last call.
    func map(_ table: ListedMetadata, _ sent: SenderNames) {
        table.mapIDs { $0.isUser ? user($0.id, sent) : group($0.id, sent) }
    }

    private func user(_ id: UInt32, _ sent: SenderNames) -> UInt32 {
        guard isSuper, usesNames || userRules != nil else { return id }
        if let mapped = users[id] { return mapped }
        let name = usesNames ? sent.user(id) : nil
        let mapped = userRules?.target(of: id, named: name ?? []) ?? local(id, name, names.user(named:))
        // IDs without a name are not cached: there may be any number of them.
        if name != nil { users[id] = mapped }
        return mapped
    }

    private func group(_ id: UInt32, _ sent: SenderNames) -> UInt32 {
        guard usesNames || groupRules != nil else { return id }
        if let mapped = groups[id] { return mapped }
        let name = usesNames ? sent.group(id) : nil
        let mapped = groupRules?.target(of: id, named: name ?? []) ?? local(id, name, names.group(named:))
        if name != nil { groups[id] = mapped }
        return mapped
    }

    private func local(_ id: UInt32, _ name: [UInt8]?, _ lookUp: ([UInt8]) -> UInt32?) -> UInt32 {
        guard usesNames, id != 0, let name else { return id }
        return lookUp(name) ?? id
    }

    private func isMember(_ group: UInt32) -> Bool {
        if let known = memberships[group] { return known }
        let isMember = names.isMember(of: group)
        if memberships.count >= Self.mostMemberships { memberships = [:] }
        memberships[group] = isMember
        return isMember
    }
}

/// Rules whose targets are looked up.
private struct TargetedRules {
    private let rules: IdentityRules
    private let targets: [UInt32?]

    init(_ rules: IdentityRules, _ kind: String, _ state: SessionState, _ lookUp: ([UInt8]) -> UInt32?) {
        self.rules = rules
        targets = rules.targets.map { target in
            if let id = UInt32(String(decoding: target, as: UTF8.self)) ?? lookUp(target) { return id }
            state.report("Unknown --\(kind)map name on receiver: \(PrintableText.path(target))", .error)
            return nil
        }
    }

    func target(of id: UInt32, named name: [UInt8]) -> UInt32? {
        rules.firstMatch(id, named: name) { targets[$0] != nil }.flatMap { targets[$0] }
    }
}
