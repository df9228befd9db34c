import LinuxSystem

/// An entry of `auth users` (protocol specification, session 11.5).
struct AuthenticationRule: Equatable, Sendable {
    /// The access that an entry grants or denies.
    enum Access: String, Sendable {
        case usual = ""
        case deny, ro, rw
    }

    /// A user's name or, for a group, the group's; may hold wildcards.
    let pattern: String
    /// Whether it is about the members of a group of the system.
    let isGroup: Bool
    let access: Access

    /// Parses an entry; nil for an empty name or an unknown keyword.
    init?(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self).lowercased() : ""
        guard let name = parts.first, let access = Access(rawValue: word) else { return nil }
        isGroup = name.first == UInt8(ascii: "@")
        pattern = String(decoding: isGroup ? name.dropFirst() : name, as: UTF8.self)
        self.access = access
        guard !pattern.isEmpty else { return nil }
    }

    /// How a rule matches a user.
    enum Match: Equatable {
        case user
        /// By this group.
        case group(String)
    }

    /// Whether it is about a user.
    ///
    /// - Parameters:
    ///   - user: The name that the client sent.
    ///   - groups: Returns the names of the groups of a user of the system.
    /// - Returns: How it matches; nil if it does not.
    func match(_ user: String, groups: (String) -> [String]) -> Match? {
        guard isGroup else { return matchesFileNamePattern(pattern, user) ? .user : nil }
        return groups(user).first { matchesFileNamePattern(pattern, $0) }.map { .group($0) }
    }
}
