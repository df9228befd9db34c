/// A POSIX access control list, of an entry or as the default for what is created in a directory (acl(5)).
///
/// Permissions are `rwx` as a number from 0 to 7. Parts are nil where the entry's mode or another part says them.
package struct AccessControlList: Hashable, Sendable {
    /// A user or group with permissions of its own.
    package struct Named: Hashable, Sendable {
        /// Whether it is a user; otherwise a group.
        package var isUser: Bool
        package var id: UInt32
        package var permissions: UInt8

        package init(isUser: Bool, id: UInt32, permissions: UInt8) {
            self.isUser = isUser
            self.id = id
            self.permissions = permissions
        }
    }

    /// Of the owner.
    package var owner: UInt8?
    /// Of the owning group.
    package var group: UInt8?
    /// The limit of all but owner and others.
    package var mask: UInt8?
    /// Of everyone else.
    package var others: UInt8?
    /// Users, then groups.
    package var named: [Named]

    package init(
        owner: UInt8? = nil,
        group: UInt8? = nil,
        mask: UInt8? = nil,
        others: UInt8? = nil,
        named: [Named] = []
    ) {
        self.owner = owner
        self.group = group
        self.mask = mask
        self.others = others
        self.named = named
    }

    /// Whether it has no part at all: no ACL beyond the mode, or no default ACL.
    package var isEmpty: Bool { self == AccessControlList() }

    // MARK: modes

    /// The permission bits of a whole ACL, as in a mode.
    package var permissions: UInt32 {
        UInt32(owner ?? 0) << 6 | UInt32(mask ?? group ?? 0) << 3 | UInt32(others ?? 0)
    }

    /// The access ACL without what the entry's mode says as well (protocol specification, transfer 7).
    package func stripped(of permissions: UInt32) -> AccessControlList {
        var rest = self
        let bits = UInt8(permissions >> 3 & 7)
        (rest.owner, rest.others) = (nil, nil)
        guard mask != nil else {
            rest.group = nil
            return rest
        }
        if group == bits { rest.group = nil }
        if mask == bits, !named.isEmpty { rest.mask = nil }
        return rest
    }

    /// The whole access ACL of an entry with these permissions, which take precedence over it; nil if they say it all.
    package func completed(with permissions: UInt32) -> AccessControlList? {
        guard mask != nil || !named.isEmpty else { return nil }
        var whole = self
        let bits = UInt8(permissions >> 3 & 7)
        whole.owner = UInt8(permissions >> 6 & 7)
        whole.others = UInt8(permissions & 7)
        whole.group = group ?? bits
        whole.mask = bits
        return whole
    }

    /// The default ACL with a mask, which the kernel requires where there are named entries.
    package var withMask: AccessControlList {
        guard mask == nil, !named.isEmpty else { return self }
        var whole = self
        whole.mask = named.reduce(group ?? 0) { $0 | $1.permissions }
        return whole
    }

    /// Whether two whole access ACLs agree in what the mode does not say.
    package func hasSameExtension(as other: AccessControlList) -> Bool {
        named == other.named && group == other.group && (mask == nil) == (other.mask == nil)
    }
}

// MARK: the kernel's form

extension AccessControlList {
    /// The attribute that holds an entry's own ACL.
    package static let accessName = Array("system.posix_acl_access".utf8)
    /// The attribute that holds a directory's default ACL.
    package static let defaultName = Array("system.posix_acl_default".utf8)

    private static let version: UInt32 = 2
    private static let entryLength = 8
    private static let nobody = UInt32.max

    /// Reads the value of one of the two attributes; nil if it has another form.
    ///
    ///     version (32 bits) | entries: tag (16), permissions (16), ID (32); little-endian
    package init?(kernel bytes: [UInt8]) {
        self.init()
        func number(_ offset: Int, _ count: Int) -> UInt32 {
            (0..<count).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        guard bytes.count >= 4, (bytes.count - 4) % Self.entryLength == 0, number(0, 4) == Self.version else {
            return nil
        }
        for offset in stride(from: 4, to: bytes.count, by: Self.entryLength) {
            let bits = UInt8(truncatingIfNeeded: number(offset + 2, 2) & 7)
            let id = number(offset + 4, 4)
            switch number(offset, 2) {
            case 0x01: owner = bits
            case 0x02: named.append(Named(isUser: true, id: id, permissions: bits))
            case 0x04: group = bits
            case 0x08: named.append(Named(isUser: false, id: id, permissions: bits))
            case 0x10: mask = bits
            case 0x20: others = bits
            default: return nil
            }
        }
    }

    /// The entries in the short form of acl(5), such as `user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::---`.
    package var text: String {
        func entry(_ tag: String, _ permissions: UInt8?) -> [String] {
            guard let permissions else { return [] }
            let letters = zip(["r", "w", "x"], [4, 2, 1] as [UInt8]).map { permissions & $1 != 0 ? $0 : "-" }
            return [tag + ":" + letters.joined()]
        }
        let users = named.filter(\.isUser).flatMap { entry("user:\($0.id)", $0.permissions) }
        let groups = named.filter { !$0.isUser }.flatMap { entry("group:\($0.id)", $0.permissions) }
        return
            (entry("user:", owner) + users + entry("group:", group) + groups + entry("mask:", mask)
            + entry("other:", others)).joined(separator: ",")
    }

    /// The value of an attribute for a whole ACL.
    package var kernelBytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: UInt32, _ count: Int) {
            for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))) }
        }
        func entry(_ tag: UInt32, _ permissions: UInt8?, _ id: UInt32 = AccessControlList.nobody) {
            append(tag, 2)
            append(UInt32(permissions ?? 0), 2)
            append(id, 4)
        }
        append(Self.version, 4)
        entry(0x01, owner)
        for user in named.filter(\.isUser).sorted(by: { $0.id < $1.id }) { entry(0x02, user.permissions, user.id) }
        entry(0x04, group)
        for group in named.filter({ !$0.isUser }).sorted(by: { $0.id < $1.id }) {
            entry(0x08, group.permissions, group.id)
        }
        if let mask { entry(0x10, mask) }
        entry(0x20, others)
        return bytes
    }

    /// The same with the named entries in the kernel's order, so that equal ACLs compare as equal.
    package var sorted: AccessControlList {
        var sorted = self
        sorted.named.sort { ($0.isUser ? 0 : 1, $0.id) < ($1.isUser ? 0 : 1, $1.id) }
        return sorted
    }
}
