extension Quantity {
    /// The powers of ten of the decimal suffixes; no suffix is 0.
    static let decimalSuffixes: [(suffix: String, power: Int)] = [
        ("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18),
    ]
    /// The binary suffixes: the first counts 2^10, each further one 2^10 times the one before.
    static let binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    /// The finest power of ten that is kept.
    private static let finest = -9

    /// Reads an amount.
    ///
    /// Taken is what the API server takes: an optional sign, digits with at most one point, and a suffix or an exponent
    /// (`1.G` and `.5` are fine; a lone sign or point, which the library alone would read as 0, is not).
    ///
    /// - Parameter text: Such as `10Gi`, without blanks.
    /// - Throws: ``CapacityError/malformedQuantity(_:)``; ``CapacityError/quantityOutOfRange(_:)`` for more than 38 digits.
    package init(parsing text: String) throws(CapacityError) {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: Quantity.isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: Quantity.isDigit)
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !(whole.isEmpty && fraction.isEmpty) else { throw .malformedQuantity(text) }
        guard let unit = Quantity.unit(String(decoding: rest, as: UTF8.self)) else { throw .malformedQuantity(text) }
        while fraction.last == UInt8(ascii: "0") { fraction = fraction.dropLast() }
        guard let digits = Quantity.number(whole + fraction) else { throw .quantityOutOfRange(text) }
        guard let amount = Quantity.exact(digits, places: fraction.count, unit) else { throw .quantityOutOfRange(text) }
        self.init(
            mantissa: isNegative ? -amount.mantissa : amount.mantissa,
            scale: amount.scale,
            format: amount.format
        )
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int128? {
        var value: Int128 = 0
        for digit in digits {
            guard let shifted = product(value, 10) else { return nil }
            let (sum, isTooLarge) = shifted.addingReportingOverflow(Int128(digit & 15))
            guard !isTooLarge else { return nil }
            value = sum
        }
        return value
    }

    /// What a suffix multiplies by: a power of two or of ten.
    fileprivate enum Unit {
        case two(Int)
        case ten(Int, Format)
    }

    fileprivate static func unit(_ suffix: String) -> Unit? {
        if let known = decimalSuffixes.first(where: { $0.suffix == suffix }) { return .ten(known.power, .decimal) }
        if let index = binarySuffixes.firstIndex(of: suffix) { return .two(10 * (index + 1)) }
        guard let first = suffix.first, first == "e" || first == "E" else { return nil }
        let digits = suffix.dropFirst()
        // Int32 is what Kubernetes keeps; far smaller powers are out of range anyway.
        guard let power = Int32(digits), digits.utf8.contains(where: isDigit) else { return nil }
        return .ten(Int(power), .exponent)
    }

    /// Brings a number that is not negative to digits and a power of ten not below the finest.
    fileprivate static func exact(_ digits: Int128, places: Int, _ unit: Unit) -> Quantity? {
        guard digits != 0 else { return Quantity(mantissa: 0, scale: 0, format: unit.format) }
        guard case .two(let power) = unit else { return rounded(digits, unit.power - places, unit.format) }
        guard let product = product(digits, Int128(1) << Int128(power)),
            let amount = rounded(product, -places, .binary)
        else { return nil }
        let most = Quantity(bytes: .max)
        if amount.isAtLeast(most) { return most }
        return amount.isAtLeast(Quantity(bytes: 1))
            ? amount : Quantity(mantissa: amount.mantissa, scale: amount.scale, format: .decimal)
    }

    /// Rounds up what is finer than the finest power of ten.
    private static func rounded(_ digits: Int128, _ scale: Int, _ format: Format) -> Quantity? {
        let amount = Quantity(mantissa: digits, scale: scale, format: format)
        guard amount.scale < finest else { return amount.scale <= 1_000_000_000 ? amount : nil }
        guard let unit = powerOfTen(finest - amount.scale) else {
            return Quantity(mantissa: 1, scale: finest, format: format)
        }
        let whole = amount.mantissa / unit + (amount.mantissa % unit == 0 ? 0 : 1)
        return Quantity(mantissa: whole, scale: finest, format: format)
    }

    /// Compares amounts that are not negative, the other of which is a whole number.
    private func isAtLeast(_ other: Quantity) -> Bool {
        guard let wanted = try? other.wholeBytes() else { return false }
        guard scale < 0 else {
            guard let unit = Quantity.powerOfTen(scale), let value = Quantity.product(mantissa, unit) else {
                return true
            }
            return value >= Int128(wanted)
        }
        return mantissa / (Quantity.powerOfTen(-scale) ?? 1) >= Int128(wanted)
    }
}

extension Quantity.Unit {
    fileprivate var power: Int {
        switch self {
        case .two(let power), .ten(let power, _): power
        }
    }

    fileprivate var format: Quantity.Format {
        switch self {
        case .two: .binary
        case .ten(_, let format): format
        }
    }
}
