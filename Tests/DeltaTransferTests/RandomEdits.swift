import TestSupport

/// Data and edits of it as a backup sees them, all from one seed.
struct RandomEdits {
    private(set) var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Bytes of one of several kinds: noise, few letters, long runs, or one byte alone.
    mutating func content(_ count: Int) -> [UInt8] {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return random.bytes(count)
        case 1: return random.bytes(count, below: 3)
        case 2:
            var result: [UInt8] = []
            while result.count < count {
                let byte = UInt8.random(in: 0...255, using: &random)
                result += [UInt8](repeating: byte, count: number(1...200))
            }
            return Array(result[..<count])
        default: return [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
        }
    }

    /// A number in a range.
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// The content after up to six edits: insert, delete, overwrite, move, duplicate, truncate, append.
    mutating func edited(_ old: [UInt8]) -> [UInt8] {
        var new = old
        for _ in 0..<number(0...6) {
            let start = number(0...new.count)
            let end = min(start + number(0...max(new.count / 3, 1)), new.count)
            let part = Array(new[start..<end])
            switch number(0...7) {
            case 0: new.insert(contentsOf: random.bytes(number(1...300)), at: start)
            case 1: new.removeSubrange(start..<end)
            case 2: new.replaceSubrange(start..<end, with: random.bytes(part.count))
            case 3:
                new.removeSubrange(start..<end)
                new.insert(contentsOf: part, at: number(0...new.count))
            case 4: new.insert(contentsOf: part, at: number(0...new.count))
            case 5: new.removeLast(number(0...min(new.count, 500)))
            case 6: new += random.bytes(number(1...500), below: 4)
            default: if start < new.count { new[start] ^= 1 }
            }
        }
        return new
    }
}
