import Testing

@testable import TransferAgent

@Suite("Figures")
struct FiguresTests {
    @Test(
        "bytes are written in powers of 1024 with two decimals",
        arguments: [
            (0, "0.00KiB"), (5, "0.00KiB"), (6, "0.01KiB"), (1023, "1.00KiB"), (1024, "1.00KiB"),
            (1_048_570, "1023.99KiB"), (1_048_571, "1.00MiB"), (66_130_000, "63.07MiB"), (629_150_000, "600.00MiB"),
            (1 << 40, "1.00TiB"), (.max, "8.00EiB"),
        ] as [(Int64, String)]
    )
    func bytes(count: Int64, expected: String) {
        #expect(Figures.bytes(count) == expected)
    }

    @Test(
        "times are hours, minutes and seconds",
        arguments: [(0, "0:00:00"), (0.4, "0:00:00"), (61, "0:01:01"), (3599.6, "1:00:00"), (360_000, "100:00:00")]
            as [(Double, String)]
    )
    func time(seconds: Double, expected: String) {
        #expect(Figures.time(seconds) == expected)
    }

    @Test("a time that cannot be told is dashes", arguments: [Double.infinity, .nan, 1e12])
    func noTime(seconds: Double) {
        #expect(Figures.time(seconds) == "-:--:--")
    }

    @Test(
        "counts have groups of three digits",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (1_000_001, "1,000,001"), (-1234, "-1,234"),
        ]
            as [(Int64, String)]
    )
    func count(number: Int64, expected: String) {
        #expect(Figures.count(number) == expected)
    }

    @Test("one is singular", arguments: [(0, "0 files"), (1, "1 file"), (12_345, "12,345 files")] as [(Int64, String)])
    func nouns(number: Int64, expected: String) {
        #expect(Figures.count(number, "file") == expected)
    }
}
