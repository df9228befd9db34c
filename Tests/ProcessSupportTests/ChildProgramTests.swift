import Foundation
import LinuxSystem
import ProcessSupport
import Testing

@Suite("ChildProgram")
struct ChildProgramTests {
    private func run(_ script: String, environment: [String] = ["PATH=/usr/bin:/bin"]) throws -> (
        String, ChildProgram.Ending?
    ) {
        let output = try ProcessSupport.Pipe()
        let input = try ProcessSupport.Pipe()
        let child = try ChildProgram(
            .name(Array("sh".utf8)),
            ["sh", "-c", script].map { Array($0.utf8) },
            environment: environment.map { Array($0.utf8) },
            input: input.reading.rawValue,
            output: output.writing.rawValue,
            defaulted: .all
        )
        let reading = output.takeReading()
        let text = FileHandle(fileDescriptor: reading.rawValue, closeOnDealloc: false).readDataToEndOfFile()
        return (String(decoding: text, as: UTF8.self), child.wait())
    }

    @Test("talks through its standard output and sees the environment that it was given, and no other")
    func output() throws {
        let (text, ending) = try run("echo \"$WORD\"; env | wc -l", environment: ["WORD=a b", "PATH=/usr/bin:/bin"])
        #expect(text.split(separator: "\n").first == "a b")
        #expect(ending == .exited(0))
        #expect(!text.contains("HOME"))
    }

    @Test("tells how it ended")
    func endings() throws {
        #expect(try run("exit 7").1 == .exited(7))
        #expect(try run("exit 255").1 == .exited(255))
        #expect(try run("kill -TERM $$").1 == .killed(signal: SIGTERM))
    }

    @Test("a path is not looked for in PATH, and what is missing is said at once")
    func missing() {
        #expect(throws: SystemError(operation: "posix_spawn", number: ENOENT)) {
            _ = try ChildProgram(
                .path(Array("sh".utf8)),
                [Array("sh".utf8)],
                environment: [],
                input: 0,
                output: 1,
                defaulted: .brokenPipe
            )
        }
    }
}

@Suite("FilePath")
struct FilePathTests {
    @Test(
        "the directory of a path",
        arguments: [("/a/b", "/a"), ("/a", "/"), ("/a/", "/"), ("a", "."), ("a/b/", "a"), ("a/b", "a"), ("./a", ".")]
    )
    func directory(path: String, directory: String) { #expect(FilePath.directory(of: path) == directory) }

    @Test("the path without links")
    func resolved() {
        #expect(FilePath.resolved("/proc/../usr/./bin/") == "/usr/bin")
        #expect(FilePath.resolved("/nowhere/at/all") == nil)
    }
}

@Suite("ResourceLimit")
struct ResourceLimitTests {
    @Test("more open files are allowed up to a bound, never fewer than the bound allows")
    func openFiles() throws {
        let before = try #require(ResourceLimit.openFiles.current)
        let raised = try #require(ResourceLimit.openFiles.raise())
        #expect(raised >= before)
        #expect(ResourceLimit.openFiles.current == raised)
        #expect(ResourceLimit.openFiles.raise(toAtMost: raised - 1) == raised - 1)
        ResourceLimit.openFiles.raise()
    }
}
