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
    /// The user's own selection, in place of that by namespaces.
    private let filter: AttributeFilter?

    package init(
        isSuper: Bool,
        isSimulated: Bool,
        includesOwn: Bool,
        leavingOut leftOut: Set<[UInt8]> = [],
        filter: AttributeFilter? = nil
    ) {
        self.filter = filter
        self.isSuper = isSuper
        self.isSimulated = isSimulated
        // They say what the entry is, so that they are never those of a peer.
        self.includesOwn = includesOwn && !isSimulated
        self.leftOut = leftOut
    }

    /// The name under which a sender lists an attribute of its volume; nil for one that is not copied.
    package func listedName(of local: [UInt8]) -> [UInt8]? {
        guard !local.starts(with: Self.system), !leftOut.contains(local) else { return nil }
        if local.starts(with: Self.own), !includesOwn { return nil }
        if filter?.excludes(local, whereSending: true) == true { return nil }
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
        let isExcluded = filter?.excludes(listed, whereSending: false)
        if isExcluded == true { return nil }
        if listed.starts(with: Self.user) { return listed }
        if isSimulated {
            let name = Self.stored + listed
            // A peer's `%stat` would become rsync's own.
            return name.starts(with: Self.own) ? nil : name
        }
        return isSuper || isExcluded != nil ? listed : nil
    }

    /// Whether a receiver removes an attribute of its volume that is not listed.
    ///
    /// rsync's own attributes are: they would later be taken for what the entry is.
    package func isRemovable(_ local: [UInt8]) -> Bool {
        guard !local.starts(with: Self.system), !leftOut.contains(local) else { return false }
        if local.starts(with: Self.own) {
            return !isSimulated && filter?.excludes(local, whereSending: false) != true
        }
        let isStored = isSimulated && local.starts(with: Self.stored)
        return localName(of: isStored ? Array(local.dropFirst(Self.stored.count)) : local) == local
    }
}

/// Filter rules for the names of extended attributes (rsync(1), modifier `x`); equal only to itself.
package final class AttributeFilter: Sendable, Hashable {
    private let rules: @Sendable (_ name: [UInt8], _ isSending: Bool) -> Bool?

    /// - Parameter rules: Whether a name is left out by a side; nil where no rule concerns the side.
    package init(_ rules: @escaping @Sendable (_ name: [UInt8], _ isSending: Bool) -> Bool?) { self.rules = rules }

    func excludes(_ name: [UInt8], whereSending isSending: Bool) -> Bool? { rules(name, isSending) }

    package static func == (left: AttributeFilter, right: AttributeFilter) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
