import LinuxSystem

/// A number of bytes, blocks, items or inodes whose arithmetic stops at the ends of its range instead of overflowing.
///
/// Lengths can be anything that was written into a tree, and a target's figures anything that a peer sent: no sum, product or
/// quotient of them may end the process. ``max`` therefore means "at least so many"; space is compared with figures
/// that are at most ``TargetFacts/largestFigure``, so that a sum which stopped never fits.
package struct Amount: Hashable, Sendable, Comparable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// The number.
    package let value: Int64

    /// The largest one.
    package static let max = Amount(Int64.max)

    /// Takes a number as it is.
    @inline(__always)
    package init(_ value: Int64) { self.value = value }

    /// A number in the source.
    @inline(__always)
    package init(integerLiteral value: Int64) { self.value = value }

    /// The digits.
    package var description: String { value.description }

    /// Less is less.
    @inline(__always)
    package static func < (left: Amount, right: Amount) -> Bool { left.value < right.value }

    /// A sum.
    @inline(__always)
    package static func + (left: Amount, right: Amount) -> Amount { Amount(left.value.addingClamped(right.value)) }

    /// A difference.
    @inline(__always)
    package static func - (left: Amount, right: Amount) -> Amount { Amount(left.value.subtractingClamped(right.value)) }

    /// A product.
    @inline(__always)
    package static func * (left: Amount, right: Amount) -> Amount {
        Amount(left.value.multipliedClamped(by: right.value))
    }

    /// A quotient, cut; the largest number for a division by 0.
    @inline(__always)
    package static func / (left: Amount, right: Amount) -> Amount {
        let (quotient, overflow) = left.value.dividedReportingOverflow(by: right.value)
        return overflow ? .max : Amount(quotient)
    }

    /// Adds.
    @inline(__always)
    package static func += (left: inout Amount, right: Amount) { left = left + right }

    /// Subtracts.
    @inline(__always)
    package static func -= (left: inout Amount, right: Amount) { left = left - right }

    /// Multiplies.
    @inline(__always)
    static func *= (left: inout Amount, right: Amount) { left = left * right }

    /// A multiple of a power of two, of which the exponent is 0 to 62.
    @inline(__always)
    package static func << (left: Amount, right: Int) -> Amount { left * Amount(1 << right) }

    /// Rounded down to a multiple of a power of two.
    @inline(__always)
    func roundedDown(to unit: Amount) -> Amount { Amount(value & ~(unit.value &- 1)) }

    /// Rounded up to a multiple of a power of two.
    @inline(__always)
    func roundedUp(to unit: Amount) -> Amount { (self + unit - 1).roundedDown(to: unit) }
}
