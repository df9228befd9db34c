import TestSupport
import Testing
import VolumeCapacity

@Suite("Quantity PropertyTests")
struct QuantityPropertyTests {
    @Test("comes back the same after writing and reading, 100,000 times")
    func roundTrip() throws {
        var random = SeededRandom(seed: 4)
        let suffixes = [
            "n", "u", "m", "", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi", "e3", "e-6", "E12", "e+2",
        ]
        for _ in 0..<100_000 {
            var text = Bool.random(using: &random) ? "" : "-"
            text +=
                "\(Int64.random(in: 0...[9, 1023, 1_000_000, 999_999_999_999].randomElement(using: &random)!, using: &random))"
            if Int.random(in: 0..<3, using: &random) == 0 { text += ".\(Int.random(in: 0...9999, using: &random))" }
            text += suffixes.randomElement(using: &random)!
            let first = try Quantity(parsing: text)
            let written = first.description
            let second = try Quantity(parsing: written)
            try #require(first == second, "\(text) became \(written)")
            try #require(second.description == written, "\(text) became \(written), then \(second.description)")
        }
    }

    @Test("whole bytes keep their value in every format, 100,000 times")
    func bytes() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<100_000 {
            let bytes = Int64.random(in: 0...Int64.max >> Int64.random(in: 0...62, using: &random), using: &random)
            for format in [Quantity.Format.binary, .decimal, .exponent] {
                let text = Quantity(bytes: bytes, format: format).description
                try #require(try Quantity(parsing: text).wholeBytes() == bytes, "\(bytes) became \(text)")
            }
        }
    }
}
