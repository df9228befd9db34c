/// Which extended attributes are copied, and under which names they are stored (rsync(1), `--xattrs`; protocol
/// specification, transfer 8.3).
package struct AttributeNameRules: Sendable, Hashable {
    private static let system = Array("system.".utf8)
    private static let user = Array("user.".utf8)
    /// Where `--fake-super` stores attributes of other namespaces.
    private static let stored = Array("user.rsync.".utf8)
    /// rsync's own attributes.
    private static let own = Array("user.rsync.%".utf8)

    /// Whether all namespaces are copied, not only `user`.
    private let isSuper: Bool
    /// Whether other namespaces are stored as `user.rsync.` and their names (`--fake-super`).
    private let isSimulated: Bool
    /// Whether rsync's own attributes are copied, too (`-XX`).
    private let includesOwn: Bool
    /// Names that are neither sent nor set nor removed.
    private let leftOut: Set<[UInt8]>

    package init(isSuper: Bool, isSimulated: Bool, includesOwn: Bool, leavingOut leftOut: Set<[UInt8]> = []) {
        self.isSuper = isSuper
        self.isSimulated = isSimulated
        self.includesOwn = includesOwn
        self.leftOut = leftOut
    }

    /// The name under which a sender lists an attribute of its volume; nil for one that is not copied.
    package func listedName(of local: [UInt8]) -> [UInt8]? {
        guard !local.starts(with: Self.system), !leftOut.contains(local) else { return nil }
        if local.starts(with: Self.own), !includesOwn { return nil }
        if isSimulated, local.starts(with: Self.stored) { return Array(local.dropFirst(Self.stored.count)) }
        return local
    }

    /// The name that a listed attribute has on the sender's volume.
    package func sourceName(of listed: [UInt8]) -> [UInt8] {
        isSimulated && !listed.starts(with: Self.user) ? Self.stored + listed : listed
    }

    /// The name under which a receiver stores a listed attribute; nil for one that is not stored.
    package func localName(of listed: [UInt8]) -> [UInt8]? {
        // ACLs have a field of their own; as attributes they would bypass its checks.
        guard !listed.starts(with: Self.system), !leftOut.contains(listed) else { return nil }
        if listed.starts(with: Self.own), !includesOwn { return nil }
        if listed.starts(with: Self.user) { return listed }
        if isSimulated { return Self.stored + listed }
        return isSuper ? listed : nil
    }

    /// Whether a receiver removes an attribute of its volume that is not listed.
    package func isRemovable(_ local: [UInt8]) -> Bool {
        guard let listed = listedName(of: local) else { return false }
        return localName(of: listed) == local
    }
}
