import Testing

@testable import TransferAgent

@Suite("Figures")
struct FiguresTests {
    @Test(
        "bytes are written in powers of 1000 with two decimals",
        arguments: [
            (0, "0.00kB"), (4, "0.00kB"), (5, "0.01kB"), (999, "1.00kB"), (1000, "1.00kB"), (999_994, "999.99kB"),
            (999_996, "1.00MB"), (66_130_000, "66.13MB"), (629_150_000, "629.15MB"), (1 << 40, "1.10TB"),
            (.max, "9.22EB"),
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
