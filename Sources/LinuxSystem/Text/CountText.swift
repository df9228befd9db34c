/// A number with its noun, such as `1 file`, `12 files`, `2 directories`.
///
/// - Parameters:
///   - number: Decides between singular and plural.
///   - noun: The singular.
///   - plural: Nil for the noun with an "s".
///   - commas: Whether the number is written as by ``grouped(_:)``.
/// - Returns: Number, space and noun.
package func counted(
    _ number: some BinaryInteger,
    _ noun: String,
    plural: String? = nil,
    commas: Bool = false
) -> String {
    "\(commas ? grouped(number) : "\(number)") \(number == 1 ? noun : plural ?? noun + "s")"
}

/// A number with commas between groups of three digits, such as `12,345`.
package func grouped(_ number: some BinaryInteger) -> String {
    var text = ""
    let digits = "\(number.magnitude)"
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return number < 0 ? "-" + text : text
}
