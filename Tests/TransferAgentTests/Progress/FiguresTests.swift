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
}
