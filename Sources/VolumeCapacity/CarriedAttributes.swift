/// Which attributes besides the usual metadata a transfer carries.
package struct CarriedAttributes: Hashable, Sendable {
    /// Whether ACLs are.
    package var lists: Bool
    /// Whether extended attributes are, capabilities among them.
    package var extended: Bool

    package init(lists: Bool = false, extended: Bool = false) {
        self.lists = lists
        self.extended = extended
    }

    /// Whether there is anything that takes space at the target.
    package var isAny: Bool { lists || extended }
}
