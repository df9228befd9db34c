import AgentControl
import Glibc
import LinuxSystem
import ProcessSupport

/// As whom a process works, for logs, the status and the doctor.
package struct IdentityReport: Sendable, Equatable {
    private let user: Int64
    private let group: Int64
    /// Its other groups.
    private let groups: [Int64]
    private let capabilities: [String]

    /// Looks at this process.
    package init() {
        user = Int64(geteuid())
        group = Int64(getegid())
        groups = SupplementalGroups.current().filter { $0 != getegid() }.map(Int64.init)
        capabilities = Capability.held.map(\.name)
    }

    /// Reads what ``json`` of another process says; nil if it says nothing.
    init?(_ json: JSONValue?) {
        guard let user = json?["user"]?.asInteger, let group = json?["group"]?.asInteger,
            case .list(let groups)? = json?["groups"], case .list(let capabilities)? = json?["capabilities"]
        else { return nil }
        self.user = user
        self.group = group
        self.groups = groups.compactMap(\.asInteger)
        self.capabilities = capabilities.compactMap { $0.asText.map { PrintableText.ofPeer($0) } }
    }

    /// Such as `user 1000, group 1000, groups 5555, 6666; no capabilities`.
    package var text: String {
        let list = groups.isEmpty ? "no further groups" : "groups \(groups.map(String.init).joined(separator: ", "))"
        let rights = capabilities.isEmpty ? "no capabilities" : capabilities.joined(separator: ", ")
        return "user \(user), group \(group), \(list); \(rights)"
    }

    /// The member `identity` of a status (docs/schemas).
    var json: JSONValue {
        .object([
            ("user", .integer(user)), ("group", .integer(group)), ("groups", .list(groups.map { .integer($0) })),
            ("capabilities", .list(capabilities.map { .text($0) })),
        ])
    }
}
