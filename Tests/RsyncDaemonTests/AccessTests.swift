import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import RsyncDaemon

@Suite("AuthenticationTable")
struct AuthenticationTableTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = directory.path + "/secrets"
        let text = "# x\nme:se:cret\nyou:other\nme:second\nempty:\n@staff:shared\nann:own\n"
        try Data(text.utf8).write(to: URL(filePath: file))
        try setMode(0o600)
    }

    private func setMode(_ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    }

    private func table(_ users: String, isStrict: Bool = true) throws -> AuthenticationTable {
        let rules = try ParameterValue(Array(users.utf8)).users()
        return AuthenticationTable(rules: rules, secretsFile: Array(file.utf8), isStrict: isStrict)
    }

    private func look(_ table: AuthenticationTable, _ user: String) -> Result<[String], AuthenticationTable.Refusal> {
        do throws(AuthenticationTable.Refusal) {
            let groups = { (name: String) in name == "ann" || name == "bob" ? ["users", "staff"] : [] }
            let passwords = try table.admission(of: Array(user.utf8), groups: groups).passwords
            return .success(passwords.map { String(decoding: $0, as: UTF8.self) })
        } catch {
            return .failure(error)
        }
    }

    @Test("the first rule that matches a user counts")
    func users() throws {
        let table = try table("me:rw, you:ro bad:deny empty me:deny")
        #expect(look(table, "me") == .success(["se:cret"]))
        #expect(try table.admission(of: Array("you".utf8)).access == .ro)
        #expect(look(table, "bad") == .failure(.denied))
        #expect(look(table, "nobody") == .failure(.noRule))
        #expect(look(table, "empty") == .failure(.noSecret))
    }

    @Test("patterns, and groups with their own password")
    func groups() throws {
        let table = try table("@guest*:deny @st*:ro y?u")
        #expect(look(table, "ann") == .success(["own", "shared"]))
        #expect(look(table, "bob") == .success(["shared"]))
        #expect(look(table, "you") == .success(["other"]))
        #expect(look(table, "me") == .failure(.noRule))
        #expect(look(try self.table("@staff:deny ann"), "ann") == .failure(.denied))
    }

    @Test("a group's password is only for the group of the rule that matched")
    func foreignGroup() throws {
        #expect(look(try table("bob"), "bob") == .failure(.noSecret))
        #expect(look(try table("@users"), "bob") == .failure(.noSecret))
    }

    @Test("a list that begins with a comma is split at commas only")
    func blanks() throws {
        let rules = try ParameterValue(Array(", me, @Some Group:ro ,you:deny,,".utf8)).users()
        #expect(rules.map(\.pattern) == ["me", "Some Group", "you"])
        #expect(rules.map(\.access) == [.usual, .ro, .deny])
    }

    @Test("a user whose name begins with # is not admitted, although it is a comment's text")
    func comment() throws {
        #expect(look(try table("*"), "# x") == .failure(.noRule))
    }

    @Test("a file that others may read is not used, unless strict modes are off", arguments: [0o604, 0o602, 0o644])
    func modes(mode: Int) throws {
        try setMode(mode)
        guard case .failure(.badFile(let reason)) = look(try table("me"), "me") else {
            Issue.record("the file was used")
            return
        }
        #expect(reason.contains(file) && reason.contains(String(mode, radix: 8)))
        #expect(look(try table("me", isStrict: false), "me") == .success(["se:cret"]))
    }

    @Test("a group may read the file")
    func groupMode() throws {
        try setMode(0o640)
        #expect(look(try table("me"), "me") == .success(["se:cret"]))
    }
}

@Suite("ConnectionLock")
struct ConnectionLockTests {
    @Test("a lock file has its number of slots, and each is free again after its end")
    func slots() throws {
        let directory = try TemporaryDirectory()
        let path = Array("\(directory.path)/lock".utf8)
        let first = try ConnectionLock(path, limit: 2)
        var second: ConnectionLock? = try ConnectionLock(path, limit: 2)
        #expect(throws: ConnectionLock.Refusal.full) { try ConnectionLock(path, limit: 2) }
        withExtendedLifetime(second) {}
        second = nil
        let third = try ConnectionLock(path, limit: 2)
        withExtendedLifetime((first, third)) {}
    }

    @Test("a negative limit, and a file that cannot be made")
    func refusals() {
        #expect(throws: ConnectionLock.Refusal.full) { try ConnectionLock(Array("/x".utf8), limit: -1) }
        let missing = Array("/none/none".utf8)
        let error = #expect(throws: ConnectionLock.Refusal.self) { try ConnectionLock(missing, limit: 1) }
        #expect(error == .unusable(SystemError(operation: "open", number: ENOENT)))
    }
}

@Suite("ServingIdentity")
struct ServingIdentityTests {
    private func find(_ user: String, _ group: String, isRoot: Bool = true) throws -> ServingIdentity? {
        try ServingIdentity.find(user: Array(user.utf8), group: Array(group.utf8), isRoot: isRoot)
    }

    @Test("root's daemon serves as nobody, unless told otherwise", .enabled(if: geteuid() == 0, "needs root"))
    func nobody() throws {
        let found = try #require(try find("", ""))
        #expect(found.user == IdentityDatabase.user(named: Array("nobody".utf8)))
        let group = IdentityDatabase.group(named: Array("nogroup".utf8))
        #expect(found.groups == [try #require(group)])
    }

    @Test("names, numbers and * for all groups of the user", .enabled(if: geteuid() == 0, "needs root"))
    func groups() throws {
        #expect(try find("1234", "5, adm 7") == ServingIdentity(user: 1234, groups: [5, 4, 7]))
        #expect(try find("daemon", "*")?.groups == IdentityDatabase.groups(ofUser: 1))
        #expect(try find("daemon", "*,7")?.groups == IdentityDatabase.groups(ofUser: 1) + [7])
    }

    @Test("what does not exist is refused in the words that a client gets")
    func invalid() {
        func text(_ user: String, _ group: String, isRoot: Bool) -> String? {
            let error = #expect(throws: ServingIdentity.Refusal.self) { try find(user, group, isRoot: isRoot) }
            return error.map { String(decoding: $0.text, as: UTF8.self) }
        }
        #expect(text("no such", "0", isRoot: true) == "invalid uid no such")
        #expect(text("0", "nope", isRoot: true) == "invalid gid nope")
        #expect(text("4321", "", isRoot: false) == "setuid failed")
        #expect(text("", "4321", isRoot: false) == "setgid failed")
    }

    @Test("only the calling thread and those it starts change", .enabled(if: geteuid() == 0, "needs root"))
    func thread() throws {
        let identity = ServingIdentity(user: 1234, groups: [1235, 1236])
        let inside = try identity.run {
            [geteuid(), getegid()] + IdentityDatabase.supplementaryGroups()
        }
        #expect(inside == [1234, 1235, 1235, 1236])
        #expect(geteuid() == 0 && getegid() == 0)
    }
}

@Suite("HookCommand")
struct HookCommandTests {
    private func run(_ text: String, _ values: [String: String] = [:], input: String = "") throws -> HookCommand.Outcome
    {
        var variables = SessionVariables()
        for (name, value) in values { variables.set(name, value) }
        let command = try #require(HookCommand(VariableText(Array(text.utf8)), variables))
        return try command.run(input: Array(input.utf8), keepsOutput: true)
    }

    @Test("output, input, status and variables")
    func basics() throws {
        let outcome = try run("cat; echo $RSYNC_X; exit 3", ["RSYNC_X": "a b;c"], input: "in ")
        #expect(outcome == HookCommand.Outcome(status: 3 << 8, output: Array("in a b;c\n".utf8)))
        #expect(try run("kill -9 $$").status == 9)
        #expect(try run("echo %RSYNC_X%", ["RSYNC_X": "plain"]).output == Array("plain\n".utf8))
    }

    @Test(
        "a value that a shell would act on is not put into a command",
        arguments: ["a b", "$(x)", "a;b", "~", "!", "\n", "{"]
    )
    func metacharacters(value: String) {
        #expect(throws: HookCommand.Flaw.metacharacter("RSYNC_X")) { try run("echo %RSYNC_X%", ["RSYNC_X": value]) }
    }

    @Test("endless output is read, and only its beginning kept")
    func longOutput() throws {
        #expect(try run("yes | head -c 300000").output.count == 5000)
    }
}
