import Foundation
import LinuxSystem
import ProcessSupport
import TestSupport
import Testing

@Suite("ProcessIDFile")
struct ProcessIDFileTests {
    private func number(in path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test("holds the number of this process in place of the old content, and is removed", arguments: [true, false])
    func content(isLocked: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("pid")
        try Data("12345678901234567890\n".utf8).write(to: URL(fileURLWithPath: path))
        let file = try ProcessIDFile(Array(path.utf8), isLocked: isLocked)
        #expect(number(in: path) == "\(getpid())\n")
        file.remove()
        #expect(number(in: path) == nil)
    }

    @Test("is emptied where its path leads nowhere any more")
    func unreachable() throws {
        let directory = try TemporaryDirectory()
        let file = try ProcessIDFile(Array(directory.file("pid").utf8), isLocked: true)
        #expect(unsafe rename(directory.file("pid"), directory.file("moved")) == 0)
        file.remove()
        #expect(number(in: directory.file("moved")) == "")
    }

    @Test("is locked against a second daemon as long as the first one lives")
    func lock() throws {
        let directory = try TemporaryDirectory()
        let path = Array(directory.file("pid").utf8)
        do {
            let first = try ProcessIDFile(path, isLocked: true)
            #expect(throws: SystemError(operation: "fcntl", number: EAGAIN)) {
                _ = try ProcessIDFile(path, isLocked: true)
            }
            _ = first
        }
        _ = try ProcessIDFile(path, isLocked: true)
    }

    @Test("does not touch the target of a link or a file with another name", arguments: [true, false])
    func links(isLocked: Bool) throws {
        let directory = try TemporaryDirectory()
        let victim = directory.file("victim")
        try Data("kept".utf8).write(to: URL(fileURLWithPath: victim))
        #expect(unsafe symlink(victim, directory.file("soft")) == 0)
        #expect(unsafe link(victim, directory.file("hard")) == 0)
        for (name, error) in [("soft", ELOOP), ("hard", EMLINK)] {
            #expect(throws: SystemError(operation: "open", number: error)) {
                _ = try ProcessIDFile(Array(directory.file(name).utf8), isLocked: isLocked)
            }
        }
        #expect(number(in: victim) == "kept")
    }
}
