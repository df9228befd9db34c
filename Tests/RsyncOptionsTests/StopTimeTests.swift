import LinuxSystem
import Testing

@testable import RsyncOptions

/// `--stop-at` and `--stop-after`, as rsync 3.5.0 reads them.
@Suite("Stop time")
struct StopTimeTests {
    /// Noon of 31 January 2031, a Friday.
    private let now = LocalMoment(year: 2031, month: 1, day: 31, hour: 12, minute: 0)

    @Test(
        "a time with parts left out is the next that matches",
        arguments: [
            ("14:00", [2031, 1, 31, 14, 0]), ("12:00", [2031, 2, 1, 12, 0]), (":59", [2031, 1, 31, 12, 59]),
            (":00", [2031, 1, 31, 13, 0]), ("T14:00", [2031, 1, 31, 14, 0]), ("1", [2031, 2, 1, 0, 0]),
            ("31", [2031, 3, 31, 0, 0]), ("1-30", [2032, 1, 30, 0, 0]), ("2/29", [2032, 2, 29, 0, 0]),
            ("12-31T23:59", [2031, 12, 31, 23, 59]), ("31-1-31t12:01", [2031, 1, 31, 12, 1]),
            ("2030-12-31", [2030, 12, 31, 0, 0]), ("12-31T", [2031, 12, 31, 0, 0]),
            ("2031-02-31", [2031, 3, 3, 0, 0]),
        ]
    )
    func next(text: String, parts: [Int]) throws {
        let expected = LocalMoment(year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4])
        let pattern = try #require(TimePattern(text))
        let start = try #require(now.seconds)
        let found = try #require(pattern.next(after: start))
        #expect(LocalMoment(seconds: found) == expected)
    }

    @Test(
        "what rsync refuses is refused",
        arguments: [
            "", "x", "T", "T14", "12-31T:30", "1-1-1-1", "2030-12-31T23:59:00", "1:2:3", "0", "32", "0-1", "2030-12",
            "2030-13-1", "25:00", "23:60", "2030-12-31 10:00", "-1",
        ]
    )
    func refused(text: String) {
        #expect(TimePattern(text) == nil)
    }

    private func parse(_ word: String) throws(OptionError) -> StopTime? {
        var parser = ClientParser([Array(word.utf8)], OptionSurroundings { (_, _, _) throws(OptionError) in [] })
        try parser.run()
        return parser.options.transfer.wire.stop
    }

    @Test("minutes are counted from now, and a past time is refused")
    func values() throws {
        #expect(try parse("--stop-after=2") == .after(120))
        #expect(try parse("--time-limit=1.5") == .after(60))
        for word in ["--stop-after=0", "--stop-after=-1", "--stop-after=", "--stop-at=2020-1-1"] {
            #expect(throws: OptionError.self) { try parse(word) }
        }
    }
}
