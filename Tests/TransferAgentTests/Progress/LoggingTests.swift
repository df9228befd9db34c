import AgentControl
import AgentTestSupport
import Logging
import TestSupport
import Testing

@testable import TransferAgent

/// A log whose clock stands still.
func frozenLog(_ output: Memory, _ format: LogFormat = .text) -> Logger {
    Logger(label: "dvm-source") { _ in
        LineLogHandler(program: "dvm-source", format: format, output: output) { LogTime(seconds: 0, milliseconds: 7) }
    }
}

@Suite("Log lines")
struct LoggingTests {
    @Test(
        "times are UTC to the millisecond",
        arguments: [
            (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_399, 999, "2000-02-28T23:59:59.999Z"),
            (951_782_400, 5, "2000-02-29T00:00:00.005Z"), (1_709_251_199, 0, "2024-02-29T23:59:59.000Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"), (-1, 0, "1969-12-31T23:59:59.000Z"),
        ] as [(Int64, Int, String)]
    )
    func time(seconds: Int64, milliseconds: Int, expected: String) {
        #expect(LogTime(seconds: seconds, milliseconds: milliseconds).text == expected)
    }

    @Test("a text line has time, level and message, and leaves out what the message says already")
    func text() {
        let output = Memory()
        frozenLog(output).warning("session 3: refused", metadata: ["session": "3"])
        #expect(output.text == "1970-01-01T00:00:00.007Z WARNING session 3: refused\n")
    }

    @Test("a JSON line is one object whatever the message holds, and numbers stay numbers")
    func json() throws {
        let output = Memory()
        let parts: Logger.Metadata = [
            "session": .stringConvertible(3), "peer": "a\nb", "list": ["x", .stringConvertible(Int32(-1))],
        ]
        frozenLog(output, .json).error("two\nlines \"quoted\"", metadata: parts)
        #expect(output.lines.count == 1)
        let value = try JSONValue(parsing: Array(output.text.dropLast().utf8))
        #expect(value["time"]?.asText == "1970-01-01T00:00:00.007Z")
        #expect(value["level"]?.asText == "error")
        #expect(value["program"]?.asText == "dvm-source")
        #expect(value["message"]?.asText == "two\nlines \"quoted\"")
        #expect(value["session"]?.asInteger == 3)
        #expect(value["peer"]?.asText == "a\nb")
        guard case .list(let list)? = value["list"] else { throw Unexpected("no list: \(output.text)") }
        #expect(list.first?.asText == "x" && list.last?.asInteger == -1)
    }

    @Test("lines below the level info are left out")
    func level() {
        let output = Memory()
        frozenLog(output).debug("nothing")
        #expect(output.text.isEmpty)
    }

    @Test("a session's line has its parts for programs, an unauthenticated client's has nothing of what it said")
    func sessions() async throws {
        let target = try Target(format: .json)
        try write("hello", to: target.source("file"))
        #expect(try await transfer(target.settings).worstExitCode == 0)
        var settings = target.settings
        settings.user = "somebody"
        _ = try await transfer(settings)
        let lines = try target.finish().map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(lines.count == 2)
        let (session, stranger) = (try #require(lines.first), try #require(lines.last))
        #expect(session["level"]?.asText == "info")
        #expect(session["user"]?.asText == "root" && session["volume"]?.asText == "data")
        #expect(session["exitCode"]?.asInteger == 0 && session["session"]?.asInteger == 1)
        #expect((session["bytesReceived"]?.asInteger ?? 0) > 5)
        #expect(session["message"]?.asText?.contains("user root, volume data: received 1 file,") == true)
        #expect(stranger["level"]?.asText == "notice")
        #expect(stranger["user"] == nil && stranger["volume"] == nil)
        #expect(stranger["message"]?.asText?.hasSuffix(": refused: auth failed") == true)
    }

    @Test("with --log-format json all that a program says on standard error is JSON", .timeLimit(.minutes(10)))
    func program() throws {
        let directory = try TemporaryDirectory()
        let child = try ChildProcess(
            try BuiltProgram.path("dvm-source"),
            ["transfer", "--volume", "v=" + directory.path, "--target", "127.0.0.1:\(freePort())", "--insecure"]
                + ["--log-format", "json", "--progress", "json", "--silence-limit", "5", "--attempts", "1"]
        )
        #expect(try child.waitForExit() == 10)
        let values = try child.output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        let levels = values.compactMap { $0["level"]?.asText }
        #expect(levels.contains("warning") && levels.contains("error"))
        #expect(values.contains { $0["code"]?.asText == "DVM-1002" && $0["program"]?.asText == "dvm-source" })
    }
}
