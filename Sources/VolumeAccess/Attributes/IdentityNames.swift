import CLinux
import Glibc

/// The names of users and groups of this system, each looked up once.
///
/// Used by one thread at a time.
public final class IdentityNames {
    private var userNames: [UInt32: [UInt8]?] = [:]
    private var groupNames: [UInt32: [UInt8]?] = [:]
    private var users: [[UInt8]: UInt32?] = [:]
    private var groups: [[UInt8]: UInt32?] = [:]
    private var memberships: Set<UInt32>?

    /// Makes an empty cache.
    public init() {}

    /// The name of a user.
    ///
    /// - Returns: Nil when the system knows none.
    public func userName(_ user: UInt32) -> [UInt8]? {
        if let known = userNames[user] { return known }
        var record = unsafe passwd()
        let name: [UInt8]? = unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<passwd>?
            let number = unsafe getpwuid_r(user, &record, buffer, count, &result)
            if let result = unsafe result, let name = unsafe result.pointee.pw_name { found = unsafe copy(of: name) }
            return number
        }
        userNames[user] = .some(name)
        return name
    }

    /// The name of a group.
    ///
    /// - Returns: Nil when the system knows none.
    public func groupName(_ group: UInt32) -> [UInt8]? {
        if let known = groupNames[group] { return known }
        var record = unsafe Glibc.group()
        let name: [UInt8]? = unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<Glibc.group>?
            let number = unsafe getgrgid_r(group, &record, buffer, count, &result)
            if let result = unsafe result, let name = unsafe result.pointee.gr_name { found = unsafe copy(of: name) }
            return number
        }
        groupNames[group] = .some(name)
        return name
    }

    /// The user with a name.
    ///
    /// - Returns: Nil when the system knows none.
    public func user(named name: [UInt8]) -> UInt32? {
        if let known = users[name] { return known }
        var record = unsafe passwd()
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let user: UInt32? =
            name.contains(0)
            ? nil
            : unsafe lookUp { buffer, count, found in
                var result: UnsafeMutablePointer<passwd>?
                let number = unsafe getpwnam_r(text, &record, buffer, count, &result)
                if let result = unsafe result { found = unsafe result.pointee.pw_uid }
                return number
            }
        users[name] = .some(user)
        return user
    }

    /// The group with a name.
    ///
    /// - Returns: Nil when the system knows none.
    public func group(named name: [UInt8]) -> UInt32? {
        if let known = groups[name] { return known }
        var record = unsafe Glibc.group()
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let group: UInt32? =
            name.contains(0)
            ? nil
            : unsafe lookUp { buffer, count, found in
                var result: UnsafeMutablePointer<Glibc.group>?
                let number = unsafe getgrnam_r(text, &record, buffer, count, &result)
                if let result = unsafe result { found = unsafe result.pointee.gr_gid }
                return number
            }
        groups[name] = .some(group)
        return group
    }

    /// Whether this process may give files to a group: as root always, else as a member.
    public func mayUse(group: UInt32) -> Bool {
        if geteuid() == 0 { return true }
        if let memberships { return memberships.contains(group) }
        let count = getgroups(0, nil)
        var list = [gid_t](repeating: 0, count: max(Int(count), 0))
        let filled = unsafe getgroups(Int32(list.count), &list)
        let memberships = Set(list.prefix(max(Int(filled), 0)) + [getegid()])
        self.memberships = memberships
        return memberships.contains(group)
    }

    /// Calls a `…_r` function with a buffer that grows while it answers ERANGE, up to 1 MiB.
    private func lookUp<Value>(_ call: (UnsafeMutablePointer<CChar>, Int, inout Value?) -> Int32) -> Value? {
        var buffer = [CChar](repeating: 0, count: 1024)
        while true {
            var found: Value?
            let number = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return ENOMEM }
                return unsafe call(start, buffer.count, &found)
            }
            guard number == ERANGE || number == EINTR, buffer.count < 1 << 20 else { return found }
            if number == ERANGE { buffer = [CChar](repeating: 0, count: buffer.count * 4) }
        }
    }

    private func copy(of text: UnsafePointer<CChar>) -> [UInt8] {
        unsafe UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
    }
}
