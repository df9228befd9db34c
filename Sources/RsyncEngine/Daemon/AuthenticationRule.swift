import Glibc
import LinuxSystem
import ProcessSupport

/// An entry of `auth users` (protocol specification, session 11.5).
struct AuthenticationRule: Equatable, Sendable {
    /// The access that an entry grants or denies.
    enum Access: String, Sendable {
        case usual = ""
        case deny, ro, rw
    }

    let user: [UInt8]
    let access: Access

    /// Parses an entry; nil for groups, patterns and unknown keywords.
    init?(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self).lowercased() : ""
        guard let user = parts.first, !user.isEmpty, user.first != UInt8(ascii: "@"),
            !user.contains(where: { Array("*?[#".utf8).contains($0) }), let access = Access(rawValue: word)
        else { return nil }
        self.user = Array(user)
        self.access = access
    }
}

/// A module's users and the file with their passwords.
struct AuthenticationTable: Equatable, Sendable {
    let rules: [AuthenticationRule]
    let secretsFile: [UInt8]
    let isStrict: Bool

    /// The access that the first rule for a user grants.
    func access(of user: [UInt8]) -> AuthenticationRule.Access? { rules.first { $0.user == user }?.access }

    /// Looks up a user's password; nil when the user is denied access or has none, or the file is not protected.
    ///
    /// The file is read on each call: passwords may change while the daemon runs.
    func password(of user: [UInt8]) -> [UInt8]? {
        guard let access = access(of: user), access != .deny else { return nil }
        let contents: [UInt8]
        do throws(SystemError) {
            let file = try SmallFile(secretsFile)
            let isOwnersOnly = file.permissions & 0o006 == 0 && (geteuid() != 0 || file.owner == 0)
            guard isOwnersOnly || !isStrict else { return nil }
            contents = try file.contents()
        } catch {
            return nil
        }
        for line in contents.split(whereSeparator: { $0 == 10 || $0 == 13 }) where line.count < 1024 {
            guard line.first != UInt8(ascii: "#"), let cut = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            if line[..<cut].elementsEqual(user) { return cut + 1 < line.endIndex ? Array(line[(cut + 1)...]) : nil }
        }
        return nil
    }
}
