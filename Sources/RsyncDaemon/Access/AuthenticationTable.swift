import Glibc
import LinuxSystem
import ProcessSupport

/// A module's users and the file with their passwords.
struct AuthenticationTable: Equatable, Sendable {
    let rules: [AuthenticationRule]
    let secretsFile: [UInt8]
    let isStrict: Bool

    /// Why a user is not admitted, for the log; the client learns nothing of it.
    enum Refusal: Error, Equatable, CustomStringConvertible {
        case noRule, denied, noFile(String), badFile(String), noSecret

        var description: String {
            switch self {
            case .noRule: "no matching rule"
            case .denied: "denied by rule"
            case .noFile(let reason): "no secrets file: \(reason)"
            case .badFile(let reason): "ignoring secrets file: \(reason)"
            case .noSecret: "secret not found"
            }
        }
    }

    /// A user that a rule admits.
    struct Admission: Equatable {
        let access: AuthenticationRule.Access
        /// The user's own, and the group's if a rule about that group admitted the user.
        let passwords: [[UInt8]]
    }

    /// Looks up a user; the file is read each time, since passwords may change while the daemon runs.
    ///
    /// - Parameters:
    ///   - user: The name that the client sent.
    ///   - groups: Returns the names of the groups of a user of the system.
    /// - Returns: The user's access and passwords.
    /// - Throws: ``Refusal``.
    func admission(
        of user: [UInt8],
        groups: (String) -> [String] = IdentityDatabase.groupNames
    ) throws(Refusal) -> Admission {
        let name = String(decoding: user, as: UTF8.self)
        var found: (AuthenticationRule, AuthenticationRule.Match)?
        for rule in rules where found == nil {
            found = rule.match(name, groups: groups).map { (rule, $0) }
        }
        guard let (rule, match) = found, user.first != UInt8(ascii: "#") else { throw .noRule }
        guard rule.access != .deny else { throw .denied }
        var wanted = [user]
        if case .group(let group) = match { wanted.append(Array("@\(group)".utf8)) }
        let passwords = try passwords(of: wanted)
        guard !passwords.isEmpty else { throw .noSecret }
        return Admission(access: rule.access, passwords: passwords)
    }

    /// The first password of each name.
    private func passwords(of names: [[UInt8]]) throws(Refusal) -> [[UInt8]] {
        let contents = try contents()
        let lines = contents.split { $0 == 10 || $0 == 13 }.filter { $0.count < 1024 && $0.first != UInt8(ascii: "#") }
        return names.compactMap { name in
            for line in lines {
                guard let cut = line.firstIndex(of: UInt8(ascii: ":")), line[..<cut].elementsEqual(name) else {
                    continue
                }
                let password = line[(cut + 1)...]
                return password.isEmpty ? nil : Array(password)
            }
            return nil
        }
    }

    private func contents() throws(Refusal) -> [UInt8] {
        let shown = PrintableText.ofPeer(secretsFile)
        let (contents, mode, owner) = try read()
        guard isStrict else { return contents }
        guard mode & 0o006 == 0 else {
            let mode = String(mode, radix: 8)
            throw .badFile("\(shown) has mode \(mode), so others may access it (see strict modes)")
        }
        guard geteuid() != 0 || owner == 0 else {
            throw .badFile("\(shown) is owned by user \(owner), not by root (see strict modes)")
        }
        return contents
    }

    private func read() throws(Refusal) -> (contents: [UInt8], mode: UInt32, owner: UInt32) {
        guard !secretsFile.isEmpty else { throw .noFile("none is configured") }
        do throws(SystemError) {
            let file = try SmallFile(secretsFile)
            return (try file.contents(), file.permissions, file.owner)
        } catch {
            throw .noFile("\(PrintableText.ofPeer(secretsFile)): \(SystemError.text(of: error.number))")
        }
    }
}
