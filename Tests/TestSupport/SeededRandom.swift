/// A small generator whose whole run follows from its seed (SplitMix64), so that a failed property can be run again.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts a run.
    package init(seed: UInt64) { state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Random bytes below a bound.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - bound: Each byte is below this; small bounds make repetitive data.
    /// - Returns: The bytes.
    package mutating func bytes(_ count: Int, below bound: Int = 256) -> [UInt8] {
        (0..<count).map { _ in UInt8(Int.random(in: 0..<bound, using: &self)) }
    }
}
