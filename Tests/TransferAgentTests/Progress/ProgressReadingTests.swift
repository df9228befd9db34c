import AgentControl
import RsyncEngine
import Synchronization
import Testing

@testable import TransferAgent

/// A reading in the middle of a transfer.
private func reading(
    _ volume: String = "data",
    done: Int64 = 629_150_000,
    listed: Int64 = 1_906_500_000,
    isListComplete: Bool = true,
    rate: Double = 9_720_000
) -> ProgressReading {
    var reading = ProgressReading(volume: volume)
    reading.bytesDone = done
    reading.bytesListed = listed
    reading.entriesListed = 12_345
    reading.entriesDone = 4000
    reading.filesTransferred = 3999
    reading.isListComplete = isListComplete
    reading.rate = rate
    reading.pace = rate
    return reading
}

@Suite("ProgressReading")
struct ProgressReadingTests {
    @Test("the percentage is of listed bytes and never 100")
    func percent() {
        #expect(reading().percent == 33)
        #expect(reading(done: 0).percent == 0)
        #expect(reading(done: 1_906_500_000).percent == 99)
        #expect(reading(done: 2_000_000_000).percent == 99)
    }

    @Test("there is no percentage and no time left while the list is incomplete")
    func listing() {
        let reading = reading(isListComplete: false)
        #expect(reading.percent == nil)
        #expect(reading.secondsLeft == nil)
        #expect(!reading.line.contains("%"))
        #expect(reading.line.contains("listing"))
        #expect(reading.bar(columns: 80).contains("listing"))
    }

    @Test("a volume without bytes goes by its entries")
    func emptyFiles() {
        #expect(reading(done: 0, listed: 0).percent == 32)
        var nothing = reading(done: 0, listed: 0)
        nothing.entriesListed = 0
        #expect(nothing.percent == 0)
    }

    @Test("a line is what the reader of pod logs expects")
    func line() {
        #expect(reading().line == "data: 33% 9.27MiB/s 0:02:11 600.00MiB/1.78GiB")
        #expect(reading(rate: 0).line == "data: 33% 0.00KiB/s -:--:-- 600.00MiB/1.78GiB")
        #expect(reading(isListComplete: false).line == "data: listing 9.27MiB/s 12,345 files 1.78GiB")
    }

    @Test("while the target writes to its disk every form says so, and for how long")
    func synchronizing() {
        var reading = reading(done: 1_906_500_000, rate: 0)
        reading.isSynchronizing = true
        reading.synchronizing = 12.6
        reading.idle = 13
        #expect(reading.line == "data: 99% 0.00KiB/s -:--:-- writing to disk 12 s")
        #expect(reading.bar(columns: 120).hasSuffix("writing to disk 12 s"))
        let object = JSONValue.object(reading.json)
        #expect(object["phase"]?.asText == "sync")
        #expect(object["listing"]?.asFlag == false)
    }

    @Test(
        "a line has at most 60 characters and both patterns of the MTC contract",
        arguments: ["d", "0123456789abcdef0123456789abcdef", String(repeating: "long-", count: 40), "données-äöü"],
        [0, 5_000_000_000, .max / 2] as [Int64]
    )
    func lineLength(volume: String, listed: Int64) throws {
        var reading = reading(volume, done: listed / 3, listed: listed, rate: 999_990_000_000)
        for idle in [0.0, 86_400] {
            reading.idle = idle
            #expect(reading.line.count <= 60)
            #expect(reading.line.contains(try Regex("\\d+\\%")))
            #expect(reading.line.contains(try Regex("\\d+\\.\\w*\\/s")))
        }
    }

    @Test(
        "a bar fits its terminal",
        arguments: [
            (
                100,
                "data  [#######.................]  33%  600.00MiB/1.78GiB  9.27MiB/s  3,999 files sent  0:02:11 left"
            ),
            (82, "data  [#.....]  33%  600.00MiB/1.78GiB  9.27MiB/s  3,999 files sent  0:02:11 left"),
            (70, "33%  600.00MiB/1.78GiB  9.27MiB/s  3,999 files sent  0:02:11 left"),
            (40, "33% 9.27MiB/s"),
            (6, "33% ~"),
            (1, ""),
            (0, ""),
        ] as [(Int, String)]
    )
    func bar(columns: Int, expected: String) {
        #expect(reading().bar(columns: columns) == expected)
        #expect(reading().bar(columns: columns).count <= max(0, columns - 1))
        #expect(reading(isListComplete: false).bar(columns: columns).count <= max(0, columns - 1))
    }

    @Test("a file that grew counts for no more than was listed")
    func grown() {
        let progress = TransferProgress()
        progress.bytesListed.store(10, ordering: .relaxed)
        progress.bytesDone.store(25, ordering: .relaxed)
        #expect(ProgressReading(volume: "v", progress).bytesDone == 10)
    }
}

@Suite("RateMeter")
struct RateMeterTests {
    @Test("the first seconds are the plain average")
    func first() {
        var meter = RateMeter()
        meter.add(100, at: 1)
        #expect(meter.rate == 100)
        meter.add(400, at: 2)
        #expect(meter.rate == 200)
    }

    @Test("later a jump is smoothed and a steady rate is met")
    func smoothed() {
        var meter = RateMeter()
        for second in 1...60 { meter.add(Int64(second) * 100, at: Double(second)) }
        #expect(abs(meter.rate - 100) < 0.001)
        meter.add(6000 + 1100, at: 61)
        #expect(meter.rate > 200 && meter.rate < 400)
        for second in 62...120 { meter.add(7100 + Int64(second - 61) * 100, at: Double(second)) }
        #expect(abs(meter.rate - 100) < 1)
    }

    @Test("two readings at one moment change nothing")
    func sameMoment() {
        var meter = RateMeter()
        meter.add(100, at: 1)
        meter.add(900, at: 1)
        #expect(meter.rate == 100)
    }
}
