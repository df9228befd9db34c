/// How many leaves hold entries that arrive in random order, when a full leaf is split in two halves.
///
/// The leaves end up 69 % full (ln 2), but while there are few of them all fill up, and split, at about the same time. The
/// most that was seen in simulations of 14 to 170 entries a leaf is used here, so that the number is not too small:
///
///     leaves' worth of bytes    below 8    below 16    below 64    more
///     leaves for each, at most     1.85        1.70        1.58    1.50
enum SplitTree {
    /// How many leaves there are, at most.
    ///
    /// - Parameters:
    ///   - bytes: What all entries take together, 0 or more.
    ///   - capacity: What a leaf can hold, above 0.
    /// - Returns: The number of leaves, at least 1.
    static func leaves(bytes: Amount, capacity: Amount) -> Amount {
        guard bytes > capacity else { return 1 }
        let worth = bytes / capacity
        let perThousand: Amount = worth < 8 ? 1850 : worth < 16 ? 1700 : worth < 64 ? 1580 : 1500
        return max(2, roundedUp(bytes * perThousand, capacity * 1000))
    }

    /// A quotient, rounded up.
    static func roundedUp(_ value: Amount, _ divisor: Amount) -> Amount { (value + divisor - 1) / divisor }
}
