extension Quantity: CustomStringConvertible {
    /// The canonical form: no fraction, the largest suffix that loses nothing, a sign only when negative.
    ///
    /// A binary amount between −1024 and 1024, or with a fraction, is written with decimal suffixes, and a decimal amount
    /// too large for `E` with an exponent, as Kubernetes does. (Kubernetes keeps some texts as they came, such as `001Mi`; this does not.)
    package var description: String {
        guard mantissa != 0 else { return "0" }
        if format == .binary, let text = binaryText { return text }
        return decimalText
    }

    /// Nil for what is written with decimal suffixes all the same.
    private var binaryText: String? {
        guard scale >= 0, let unit = Quantity.powerOfTen(scale), var whole = Quantity.product(mantissa, unit),
            whole.magnitude >= 1024
        else { return nil }
        var power = 0
        while whole % 1024 == 0, power < Quantity.binarySuffixes.count {
            whole /= 1024
            power += 1
        }
        return "\(whole)" + (power == 0 ? "" : Quantity.binarySuffixes[power - 1])
    }

    private var decimalText: String {
        // The power must be one that has a suffix: a multiple of three, at or below this one.
        let extra = ((scale % 3) + 3) % 3
        let power = scale - extra
        let digits = "\(mantissa)" + String(repeating: "0", count: extra)
        if format != .exponent, let known = Quantity.decimalSuffixes.first(where: { $0.power == power }) {
            return digits + known.suffix
        }
        return power == 0 ? digits : "\(digits)e\(power)"
    }
}
