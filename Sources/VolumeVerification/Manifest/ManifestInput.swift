import Checksums

/// The bytes of a manifest that is read, and the sum of those that were taken.
///
/// Used by one thread. It keeps 64 KiB, or the longest piece that is taken.
struct ManifestInput {
    private static let size = 64 << 10

    private let fill: (inout MutableSpan<UInt8>) throws(VerificationError) -> Int
    private var buffer = [UInt8](repeating: 0, count: ManifestInput.size)
    /// What was read and not taken.
    private var waiting = 0..<0
    /// The first byte that is not in the sum yet.
    private var counted = 0
    private let sum = SumState()

    /// SHA-256 of the bytes so far; a class, since a struct that may be copied cannot have it.
    private final class SumState {
        var digest = StreamingSHA256()
    }

    /// - Parameter fill: Fills a buffer from its start; returns how many bytes there were, 0 at the end.
    init(_ fill: @escaping (inout MutableSpan<UInt8>) throws(VerificationError) -> Int) { self.fill = fill }

    /// Takes bytes, all of them.
    mutating func take(_ count: Int) throws(VerificationError) -> [UInt8] {
        while waiting.count < count { guard try more(count) else { throw .malformed("it ends early") } }
        let start = waiting.lowerBound
        waiting = start + count..<waiting.upperBound
        return Array(buffer[start..<start + count])
    }

    /// Takes what is before a line feed, and the line feed.
    mutating func line(atMost limit: Int) throws(VerificationError) -> [UInt8]? {
        var length = 0
        while length < limit {
            if waiting.count == length { guard try more(length + 1) else { return nil } }
            if buffer[waiting.lowerBound + length] == UInt8(ascii: "\n") { return try take(length + 1).dropLast() }
            length += 1
        }
        return nil
    }

    /// The sum of all bytes that were taken since the last time.
    mutating func takeSum() -> TreeDigest {
        addTaken()
        return sum.digest.finish()
    }

    /// Whether nothing is left.
    mutating func isAtEnd() throws(VerificationError) -> Bool { waiting.isEmpty ? try !more(1) : false }

    private mutating func addTaken() {
        let taken = Array(buffer[counted..<waiting.lowerBound])
        sum.digest.update(taken.span)
        counted = waiting.lowerBound
    }

    /// Reads on; false at the end.
    private mutating func more(_ needed: Int) throws(VerificationError) -> Bool {
        if waiting.isEmpty || buffer.count - waiting.lowerBound < needed {
            addTaken()
            for index in 0..<waiting.count { buffer[index] = buffer[waiting.lowerBound + index] }
            (waiting, counted) = (0..<waiting.count, 0)
            if buffer.count < needed { buffer.append(contentsOf: repeatElement(0, count: needed - buffer.count)) }
        }
        let (end, fill) = (waiting.upperBound, fill)
        var span = buffer.mutableSpan
        var rest = span._mutatingExtracting(droppingFirst: end)
        let count = try fill(&rest)
        waiting = waiting.lowerBound..<waiting.upperBound + count
        return count > 0
    }
}
