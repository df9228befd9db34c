import Glibc
import LinuxSystem
import ProcessSupport

/// As whom an agent works: the user of `--run-as`, and the groups of `--supplemental-groups`.
package struct ProcessIdentity: Sendable {
    /// Nil to stay who the process is.
    private let user: UInt32?
    /// Nil for the user's own group by /etc/passwd, or one of the same number.
    private let group: UInt32?
    private let groups: [UInt32]

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - runAs: The value of `--run-as`, `UID` or `UID:GID` as numbers; nil without the option.
    ///   - groups: Numbers of groups.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package init(runAs: String?, groups: [Int]) throws(AgentError) {
        (user, group) = try runAs.map { (text) throws(AgentError) in try Self.parse(text) } ?? (nil, nil)
        self.groups = groups.map { UInt32(clamping: $0) }
    }

    /// Reads `UID` or `UID:GID`.
    ///
    /// - Parameter text: Numbers up to 4294967294; the user is not 0.
    /// - Returns: The user, and the group if there is one.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    @discardableResult
    static func parse(_ text: String) throws(AgentError) -> (UInt32?, UInt32?) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.allSatisfy(\.isASCII) ? UInt32(part) : nil }
        guard (1...2).contains(parts.count), numbers.count == parts.count, numbers.allSatisfy({ $0 < .max }) else {
            throw AgentError(.badSetting, "--run-as \(text) is not UID or UID:GID as numbers", exitCode: 1)
        }
        guard numbers[0] != 0 else {
            throw AgentError(.badSetting, "--run-as \(text): user 0 is root, which keeps all rights", exitCode: 1)
        }
        return (numbers[0], numbers.count > 1 ? numbers[1] : nil)
    }

    /// Becomes that user for good, without any capability, and joins the groups; called when everything that takes more
    /// rights is open or read, and before a second thread exists.
    ///
    /// - Throws: ``AgentError`` when this process may not.
    package func assume() throws(AgentError) {
        if let user, geteuid() == 0 { return try become(user) }
        if let user {
            guard geteuid() == user, group == nil || group == getegid() else {
                throw AgentError(
                    .identityRefused,
                    "--run-as: this process is user \(geteuid()) of group \(getegid()), and only root can become another; "
                        + "in a pod, runAsUser and runAsGroup of the securityContext choose the user",
                    exitCode: 1
                )
            }
        }
        let missing = SupplementalGroups.join(groups)
        guard missing.isEmpty else {
            let own = Self.list(SupplementalGroups.current())
            throw AgentError(
                .groupMissing,
                "this process is in the groups \(own), not in \(Self.list(missing)), and may not join more",
                exitCode: 1
            )
        }
    }

    private func become(_ user: UInt32) throws(AgentError) {
        let group = group ?? IdentityDatabase.groups(ofUser: user).first ?? user
        // What the pod adds (fsGroup, supplementalGroups) counts; the groups that the image gives to root are root's.
        let ofRoot = Set(IdentityDatabase.groups(ofUser: 0) + [0])
        let ofPod = SupplementalGroups.current().filter { !ofRoot.contains($0) }
        let more = groups.filter { !ofPod.contains($0) }
        do throws(SystemError) {
            try ProcessUser(user: user, group: group, groups: ofPod + more).assumeForGood()
        } catch {
            let needs = [Capability.setUsers, .setGroups].filter { !$0.isHeld }.map(\.name)
            let cause = needs.isEmpty ? "" : "; it lacks the capabilities \(needs.joined(separator: ", "))"
            let text = "--run-as: this process cannot become user \(user) of group \(group): \(error)\(cause)"
            throw AgentError(.identityRefused, text, exitCode: 1)
        }
    }

    private static func list(_ groups: [UInt32]) -> String { groups.map { "\($0)" }.joined(separator: ", ") }
}
