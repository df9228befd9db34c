/// An amount as Kubernetes writes it, such as `10Gi`, `1.5G`, `100m` or `12e6`: kept exactly, never as floating point.
///
/// The value is `mantissa` × 10^`scale`. What Kubernetes itself changes while reading is changed here too: anything
/// finer than a nano is rounded up (away from zero), and a binary amount is capped at 2^63−1. Other amounts are refused
/// when they need more than 38 digits. Source of the rules: the type `Quantity` of Kubernetes' `apimachinery`, package
/// `resource`.
package struct Quantity: Sendable {
    /// How an amount was written, which decides how it is written again.
    package enum Format: Hashable, Sendable {
        /// Powers of 1024: `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`.
        case binary
        /// Powers of 1000: `n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`.
        case decimal
        /// An exponent of ten: `12e6`.
        case exponent
    }

    /// The digits, with no factor of 10 left in them; 0 for nothing.
    let mantissa: Int128
    /// The power of ten that the digits count; −9 or more.
    let scale: Int
    /// How it was written.
    package let format: Format

    /// Makes an amount of whole bytes.
    ///
    /// - Parameters:
    ///   - bytes: How many.
    ///   - format: How it should be written.
    package init(bytes: Int64, format: Format = .binary) {
        self.init(mantissa: Int128(bytes), scale: 0, format: format)
    }

    /// Makes an amount of digits and a power of ten; zeros at the end move to the power.
    init(mantissa: Int128, scale: Int, format: Format) {
        var mantissa = mantissa
        var scale = scale
        while mantissa != 0, mantissa % 10 == 0 {
            mantissa /= 10
            scale += 1
        }
        self.mantissa = mantissa
        self.scale = mantissa == 0 ? 0 : scale
        self.format = format
    }

    /// The whole number at or above the amount (below it when negative), as Kubernetes' `Value()`.
    ///
    /// - Throws: ``CapacityError/quantityOutOfRange(_:)`` when 64 bits do not hold it.
    package func wholeBytes() throws(CapacityError) -> Int64 {
        var value = mantissa
        if scale < 0 {
            let unit = Quantity.powerOfTen(-scale) ?? 1  // −9 at least, which always fits
            value = mantissa / unit + (mantissa % unit).signum()
        } else {
            guard let unit = Quantity.powerOfTen(scale), let product = Quantity.product(mantissa, unit) else {
                throw .quantityOutOfRange(description)
            }
            value = product
        }
        guard let bytes = Int64(exactly: value) else { throw .quantityOutOfRange(description) }
        return bytes
    }

    /// 10 to a power, nil when 128 bits do not hold it.
    static func powerOfTen(_ power: Int) -> Int128? {
        guard (0...38).contains(power) else { return nil }
        return (0..<power).reduce(1) { product, _ in product * 10 }
    }

    /// A product, nil when 128 bits do not hold it.
    static func product(_ left: Int128, _ right: Int128) -> Int128? {
        let (product, isTooLarge) = left.multipliedReportingOverflow(by: right)
        return isTooLarge ? nil : product
    }
}

extension Quantity: Hashable {
    /// Whether two amounts are the same, however they were written.
    package static func == (left: Quantity, right: Quantity) -> Bool {
        left.mantissa == right.mantissa && left.scale == right.scale
    }

    /// Hashes the amount, not how it was written.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(mantissa)
        hasher.combine(scale)
    }
}
