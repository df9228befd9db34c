import RsyncCommand
@testable import RsyncEngine
import RsyncOptions
import RsyncWire
import Testing

@testable import RsyncDaemon

@Suite("ModuleRules")
struct ModuleRulesTests {
    private func isHidden(_ name: String, _ lines: String, isDirectory: Bool = false) throws -> Bool {
        let text = "[m]\npath = /x\n\(lines)"
        let module = try #require(try DaemonConfiguration(parsing: Array(text.utf8)).modules.first)
        let list = try ModuleRules(module, SessionVariables()).list()
        return list.isExcluded(Array(name.utf8).span, isDirectory: isDirectory, side: .sender)
    }

    @Test(
        "filter, include and exclude, in this order of priority",
        arguments: [
            ("exclude = *.o a", "x.o", true), ("exclude = *.o a", "a", true), ("exclude = *.o a", "b", false),
            ("exclude = + keep.o *.o", "keep.o", false), ("exclude = *.o\ninclude = keep.o", "keep.o", false),
            ("filter = - /foo  + bar - *", "bar", false), ("filter = - /foo  + bar - *", "foo", true),
            ("filter = + /f\nexclude = f", "f", false), ("include = f\nfilter = exclude f", "f", true),
            ("exclude = S P", "S", true), ("exclude = S P", "P", true),
        ]
    )
    func order(lines: String, name: String, expected: Bool) throws {
        #expect(try isHidden(name, lines) == expected)
    }

    @Test("rules in files of directories, and files that are missing, are errors")
    func refused() {
        #expect(throws: FilterError.self) { try isHidden("f", "filter = dir-merge .rules") }
        #expect(throws: FilterError.self) { try isHidden("f", "exclude from = /none/none") }
        #expect(throws: FilterError.self) { try isHidden("f", "filter = nonsense") }
    }
}

@Suite("TransferLog")
struct TransferLogTests {
    private func log(_ format: String) -> TransferLog {
        let client = ClientHost("10.1.2.3", canLookUpNames: false, canLookUpAddresses: false)
        let session = TransferLog.Session(
            client: client,
            module: Array("m".utf8),
            path: Array("/srv/100%".utf8),
            user: Array("me".utf8)
        )
        return TransferLog(Array(format.utf8), session, TransferOptions())
    }

    private func item(_ flags: ItemFlags) -> ItemReport {
        ItemReport(
            name: Array("sub/f".utf8),
            flags: flags,
            mode: 0o100644,
            size: 12,
            modified: 0,
            uid: 0,
            gid: 0,
            target: [],
            hardLink: [],
            isSending: false,
            isLocal: false,
            transferred: 3
        )
    }

    @Test("the usual format names operation, client, module, user, file and length")
    func usual() throws {
        let log = log("%o %h [%a] %m (%u) %f %l")
        let line = try #require(log.line(item(.transfer)))
        #expect(String(decoding: line, as: UTF8.self) == "recv UNDETERMINED [10.1.2.3] m (me) sub/f 12")
        #expect(log.line(item(.reportTime)) == nil)
        let deleted = String(decoding: log.line(deleted: Array("old".utf8), isDirectory: false), as: UTF8.self)
        #expect(deleted == "del. UNDETERMINED [10.1.2.3] m (me) old 0")
    }

    @Test("a percent sign in a value is no escape")
    func percent() throws {
        let line = try #require(log("%P %% %n").line(item(.transfer)))
        #expect(String(decoding: line, as: UTF8.self) == "/srv/100% % sub/f")
    }
}
