import LinuxSystem
import Testing

@Suite("CountText")
struct CountTextTests {
    @Test(
        "groups of three digits",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (1_000_001, "1,000,001"), (-1234, "-1,234"),
            (.min, "-9,223,372,036,854,775,808"),
        ] as [(Int64, String)]
    )
    func groups(number: Int64, expected: String) {
        #expect(grouped(number) == expected)
    }

    @Test("one is singular", arguments: [(0, "0 files"), (1, "1 file"), (12_345, "12,345 files")])
    func nouns(number: Int, expected: String) {
        #expect(counted(number, "file", commas: true) == expected)
    }

    @Test("a plural of its own, and plain digits")
    func plural() {
        #expect(counted(1, "directory", plural: "directories") == "1 directory")
        #expect(counted(2000, "directory", plural: "directories") == "2000 directories")
    }
}
