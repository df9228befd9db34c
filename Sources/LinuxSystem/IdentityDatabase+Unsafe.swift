import Glibc

// The user and group databases.
//
// Invariant: records and strings point into the buffer that a call is given, and are read before the buffer is changed.

/// Users and groups by name and ID: getpwnam(3), getgrnam(3) and so on, thread-safe.
package enum IdentityDatabase {
    /// The name of a user; nil if there is none.
    package static func name(ofUser user: UInt32) -> [UInt8]? {
        var record = unsafe passwd()
        return unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<passwd>?
            let number = unsafe getpwuid_r(user, &record, buffer, count, &result)
            if let result = unsafe result, let name = unsafe result.pointee.pw_name { found = unsafe copy(of: name) }
            return number
        }
    }

    /// The name of a group; nil if there is none.
    package static func name(ofGroup group: UInt32) -> [UInt8]? {
        var record = unsafe Glibc.group()
        return unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<Glibc.group>?
            let number = unsafe getgrgid_r(group, &record, buffer, count, &result)
            if let result = unsafe result, let name = unsafe result.pointee.gr_name { found = unsafe copy(of: name) }
            return number
        }
    }

    /// The ID of a user; nil if there is none of that name.
    package static func user(named name: [UInt8]) -> UInt32? {
        guard !name.contains(0) else { return nil }
        var record = unsafe passwd()
        let text = name.map { CChar(bitPattern: $0) } + [0]
        return unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<passwd>?
            let number = unsafe getpwnam_r(text, &record, buffer, count, &result)
            if let result = unsafe result { found = unsafe result.pointee.pw_uid }
            return number
        }
    }

    /// The ID of a group; nil if there is none of that name.
    package static func group(named name: [UInt8]) -> UInt32? {
        guard !name.contains(0) else { return nil }
        var record = unsafe Glibc.group()
        let text = name.map { CChar(bitPattern: $0) } + [0]
        return unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<Glibc.group>?
            let number = unsafe getgrnam_r(text, &record, buffer, count, &result)
            if let result = unsafe result { found = unsafe result.pointee.gr_gid }
            return number
        }
    }

    /// The names of the groups of a user, the primary group first; empty if there is no user of that name.
    package static func groupNames(ofUserNamed name: String) -> [String] {
        guard let user = user(named: Array(name.utf8)) else { return [] }
        return groups(ofUser: user).compactMap { group in
            self.name(ofGroup: group).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The supplementary groups of this process: getgroups(2).
    package static func supplementaryGroups() -> [UInt32] {
        var list = [gid_t](repeating: 0, count: max(Int(getgroups(0, nil)), 0))
        let filled = unsafe getgroups(Int32(list.count), &list)
        return Array(list.prefix(max(Int(filled), 0)))
    }

    /// The groups that a user logs in with, the primary one first: getgrouplist(3); none if there is no such user.
    package static func groups(ofUser user: UInt32) -> [UInt32] {
        guard let name = name(ofUser: user), let primary = primaryGroup(ofUser: user) else { return [] }
        let text = name.map { CChar(bitPattern: $0) } + [0]
        var list = [gid_t](repeating: 0, count: 64)
        while true {
            var count = Int32(list.count)
            let result = unsafe getgrouplist(text, primary, &list, &count)
            if result >= 0 { return Array(list.prefix(Int(count))) }
            guard Int(count) > list.count, count <= 1 << 16 else { return [primary] }
            list = [gid_t](repeating: 0, count: Int(count))
        }
    }

    private static func primaryGroup(ofUser user: UInt32) -> UInt32? {
        var record = unsafe passwd()
        return unsafe lookUp { buffer, count, found in
            var result: UnsafeMutablePointer<passwd>?
            let number = unsafe getpwuid_r(user, &record, buffer, count, &result)
            if let result = unsafe result { found = unsafe result.pointee.pw_gid }
            return number
        }
    }

    /// Makes a lookup with a buffer that grows until the record fits.
    private static func lookUp<Value>(_ call: (UnsafeMutablePointer<CChar>, Int, inout Value?) -> Int32) -> Value? {
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

    private static func copy(of text: UnsafePointer<CChar>) -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
