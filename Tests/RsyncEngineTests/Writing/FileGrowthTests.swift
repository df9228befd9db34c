import Testing

@testable import RsyncEngine

@Suite("FileGrowth")
struct FileGrowthTests {
    private static let mebibyte: Int64 = 1 << 20

    /// Lets a file grow a MiB at a time; the length at which it was refused, and why.
    private func grow(
        listed: Int64,
        to length: Int64,
        perReceived ratio: Int64,
        free: Int64 = .max
    ) -> (Int64, FileGrowth.Refusal)? {
        var growth = FileGrowth(listed: listed, received: 1000)
        for length in stride(from: Self.mebibyte, through: length, by: Int(Self.mebibyte)) where length >= growth.due {
            let refusal = growth.check(length, received: 1000 + length / ratio) { (1 << 40, max(0, free - length)) }
            if let refusal { return (length, refusal) }
        }
        return nil
    }

    @Test("a log that doubles is accepted however well it compresses", arguments: [1, 20, 1000])
    func log(ratio: Int64) {
        #expect(grow(listed: 1 << 30, to: 2 << 30, perReceived: ratio) == nil)
    }

    @Test("nothing is checked within the listed length: a legitimate hole is as long as it was said to be")
    func hole() {
        #expect(grow(listed: 1 << 34, to: 1 << 34, perReceived: 32_768, free: 0) == nil)
    }

    @Test("beyond the floor a byte of the wire may not produce more than its share")
    func inflated() throws {
        let (length, refusal) = try #require(grow(listed: 7, to: 400 * Self.mebibyte, perReceived: 32_768))
        #expect(length > FileGrowth.floor && length < FileGrowth.floor + 4 * Self.mebibyte)
        guard case .inflated(let received) = refusal else { return #expect(Bool(false), "\(refusal)") }
        #expect(received == length / 32_768)
    }

    @Test("growth does not use a volume's reserve")
    func reserve() throws {
        let (length, refusal) = try #require(grow(listed: 0, to: 4 << 30, perReceived: 1, free: 2 << 30))
        #expect(length == (1 << 30) + Self.mebibyte)
        #expect(refusal == .reserve(1 << 30, free: (1 << 30) - Self.mebibyte))
    }

    @Test("lengths at the end of 64 bits do not overflow")
    func ends() {
        var growth = FileGrowth(listed: .max, received: .max)
        #expect(growth.due == .max)
        #expect(growth.check(.max, received: .max) { nil } == nil)
        growth = FileGrowth(listed: 0, received: 0)
        #expect(growth.check(.max, received: .max) { (.max, .max) } == nil)
    }
}
