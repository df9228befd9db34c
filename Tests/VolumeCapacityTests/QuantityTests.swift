import Testing
import VolumeCapacity

@Suite("Quantity")
struct QuantityTests {
    @Test(
        "is written in the canonical form",
        arguments: [
            ("0", "0"), ("0Ki", "0"), ("0.0000", "0"), ("00", "0"), ("-0", "0"), ("1", "1"), ("+1", "1"),
            ("1024", "1024"), ("1000", "1k"), ("1024Ki", "1Mi"), ("1Ki", "1Ki"), ("0.5Ki", "512"), ("1023Ki", "1023Ki"),
            ("1.5Gi", "1536Mi"), ("0.1Ki", "102400m"), ("1.1Mi", "1153433600m"), ("1.5G", "1500M"),
            ("1000G", "1T"), ("1048576Gi", "1Pi"), ("100m", "100m"), ("1000m", "1"), ("0.001", "1m"), ("1u", "1u"),
            ("1n", "1n"), ("0.1n", "1n"), ("1.1n", "2n"), ("-1.1n", "-2n"), ("1e3", "1e3"), ("100e1", "1e3"),
            ("12e6", "12e6"), ("1E3", "1e3"), ("1E", "1E"), ("1000E", "1e21"), ("5e-3", "5e-3"), ("10e-9", "10e-9"),
            ("1.G", "1G"), (".5", "500m"), ("-1Gi", "-1Gi"), ("8Ei", "9223372036854775807"),
            ("16Ei", "9223372036854775807"), ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808"),
            ("12345678901234567890123456789", "12345678901234567890123456789"),
            ("-100", "-100"), ("1.2e3", "1200"), ("0.0001Ki", "102400u"), ("-1000Ki", "-1000Ki"), ("1e0", "1"),
        ]
    )
    func canonical(text: String, expected: String) throws {
        #expect(try Quantity(parsing: text).description == expected)
    }

    @Test(
        "refuses what is not a quantity",
        arguments: [
            "", " ", "+", "-", ".", "1 ", " 1", "1i", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "-3.01i",
            "-3.01e-", "1e", "1K", "1KI", "1mi", "1e1.5", "0x10", "1_000", "١", "1Gi ", "--1", "1e+", "1Mib",
        ]
    )
    func malformed(text: String) {
        #expect(throws: CapacityError.malformedQuantity(text)) { try Quantity(parsing: text) }
    }

    @Test(
        "refuses what needs more digits than are kept",
        arguments: [String(repeating: "9", count: 40), "1" + String(repeating: "0", count: 39), "1e2000000000"]
    )
    func outOfRange(text: String) {
        #expect(throws: CapacityError.quantityOutOfRange(text)) { try Quantity(parsing: text) }
    }

    @Test(
        "as whole bytes is rounded away from zero",
        arguments: [
            ("1m", 1), ("1500m", 2), ("-1500m", -2), ("1Gi", 1 << 30), ("1.1Mi", 1_153_434), ("0", 0), ("1e3", 1000),
        ]
    )
    func wholeBytes(text: String, expected: Int64) throws {
        #expect(try Quantity(parsing: text).wholeBytes() == expected)
    }

    @Test("a number of bytes beyond 64 bits is rejected")
    func tooLarge() throws {
        let quantity = try Quantity(parsing: "9223372036854775808")
        #expect(throws: CapacityError.quantityOutOfRange("9223372036854775808")) { try quantity.wholeBytes() }
    }

    @Test("is equal by amount, not by spelling", arguments: [("1Gi", "1073741824"), ("1000m", "1"), ("1e3", "1k")])
    func equality(left: String, right: String) throws {
        #expect(try Quantity(parsing: left) == Quantity(parsing: right))
        #expect(try Quantity(parsing: left).hashValue == Quantity(parsing: right).hashValue)
    }
}
