import Glibc
import LinuxSystem
import ProcessSupport

/// The user and the groups that a session runs with.
struct ServingIdentity: Equatable, Sendable {
    /// Why a module cannot be served with the configured identity: the text after `@ERROR: `.
    struct Refusal: Error, Equatable {
        let text: [UInt8]
        /// More, for the log.
        let detail: String

        init(_ text: String, _ detail: String = "") { (self.text, self.detail) = (Array(text.utf8), detail) }
    }

    private static let nobody = Array("nobody".utf8)

    /// The user.
    let user: UInt32
    /// The first is the primary group; never empty.
    let groups: [UInt32]

    /// Finds the identity that a configuration names (rsyncd.conf(5), `uid` and `gid`).
    ///
    /// - Parameters:
    ///   - user: A name or a number; empty for nobody, if this process is root's.
    ///   - group: A list of names, numbers and, first, `*` for all groups of the user.
    ///   - isRoot: Whether this process is root's.
    /// - Returns: The identity; nil to go on as this process is.
    /// - Throws: ``Refusal``.
    static func find(user: [UInt8], group: [UInt8], isRoot: Bool) throws(Refusal) -> ServingIdentity? {
        guard isRoot || !user.isEmpty || !group.isEmpty else { return nil }
        guard isRoot else { return try others(user, group) }
        let name = user.isEmpty ? nobody : user
        guard let number = Self.number(name, find: IdentityDatabase.user) else {
            throw Refusal("invalid uid \(PrintableText.ofPeer(name))")
        }
        let groups = try Self.groups(group.isEmpty ? defaultGroup : group, of: number)
        guard number != geteuid() || groups != currentGroups else { return nil }
        return ServingIdentity(user: number, groups: groups)
    }

    /// A process without privileges can name only what it already is.
    private static func others(_ user: [UInt8], _ group: [UInt8]) throws(Refusal) -> ServingIdentity? {
        let reason = "only a daemon that root started can change it"
        if !user.isEmpty, number(user, find: IdentityDatabase.user) != geteuid() {
            throw Refusal("setuid failed", "uid \(PrintableText.ofPeer(user)): \(reason)")
        }
        if !group.isEmpty, !group.elementsEqual([UInt8(ascii: "*")]),
            number(group, find: IdentityDatabase.group) != getegid()
        {
            throw Refusal("setgid failed", "gid \(PrintableText.ofPeer(group)): \(reason)")
        }
        return nil
    }

    /// `nobody`, or `nogroup` where that group has another name.
    private static var defaultGroup: [UInt8] {
        IdentityDatabase.group(named: nobody) == nil ? Array("nogroup".utf8) : nobody
    }

    private static var currentGroups: [UInt32] {
        let others = IdentityDatabase.supplementaryGroups()
        return [getegid()] + others.filter { $0 != getegid() }
    }

    private static func groups(_ list: [UInt8], of user: UInt32) throws(Refusal) -> [UInt32] {
        var groups: [UInt32] = []
        for (index, entry) in ParameterValue.entries(of: list).enumerated() {
            if entry == [UInt8(ascii: "*")], index == 0 {
                groups = IdentityDatabase.groups(ofUser: user)
                guard !groups.isEmpty else { throw Refusal("getgrouplist failed", "user \(user) has no entry") }
            } else if let number = number(entry, find: IdentityDatabase.group) {
                if !groups.contains(number) { groups.append(number) }
            } else {
                throw Refusal("invalid gid \(PrintableText.ofPeer(entry))")
            }
        }
        guard !groups.isEmpty else { throw Refusal("invalid gid \(PrintableText.ofPeer(list))") }
        return groups
    }

    private static func number(_ text: [UInt8], find: ([UInt8]) -> UInt32?) -> UInt32? {
        let digits = String(decoding: text, as: UTF8.self)
        if digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt32(digits), number != .max {
            return number
        }
        return find(text)
    }

    /// Runs a closure with this identity, which the threads that it starts inherit.
    ///
    /// Only the effective IDs of the calling thread change, so that the thread can return to its own, and processes of
    /// the user cannot send it signals.
    ///
    /// - Throws: ``Refusal`` when the kernel refuses, which also refuses to return; the closure has not run then.
    func run<Value>(_ body: () -> Value) throws(Refusal) -> Value {
        let before = (user: geteuid(), group: getegid(), groups: IdentityDatabase.supplementaryGroups())
        guard ThreadIdentity.setGroups(groups) == 0 else { throw Self.refused("setgroups") }
        defer {
            let answers = [
                ThreadIdentity.setUser(before.user), ThreadIdentity.setGroup(before.group),
                ThreadIdentity.setGroups(before.groups),
            ]
            // The own user is still the real one, so the kernel has no reason to refuse.
            precondition(answers == [0, 0, 0], "the thread cannot return to its own identity")
        }
        guard ThreadIdentity.setGroup(groups[0]) == 0 else { throw Self.refused("setgid") }
        guard ThreadIdentity.setUser(user) == 0 else { throw Self.refused("setuid") }
        return body()
    }

    private static func refused(_ operation: String) -> Refusal {
        let number = errno
        return Refusal("\(operation) failed", "\(SystemError.text(of: number)) (\(number))")
    }
}
