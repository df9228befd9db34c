@testable import VolumeCapacity

/// Reads what df printed, counted in each unit, for one volume and for one of several.
func examineDiskUsage(_ text: String) {
    for unit in DiskUsageUnit.allCases {
        for path in unit == .decimalMega ? [nil, "/data"] : [nil] {
            guard let usage = try? DiskUsage(parsing: text, path: path, unit: unit) else { continue }
            demand(usage.usagePercent >= 0, "a percentage is not negative")
            for amount in [usage.size, usage.used] {
                demand(amount.mantissa >= 0, "a size is not negative")
                examineAmount(amount)
            }
            _ = usage.hasSparseFiles(apparentBytes: .max)
        }
    }
}

/// Reads a quantity; the digits of a whole number must be those of the text.
func examineQuantity(_ text: String) {
    guard let amount = try? Quantity(parsing: text) else { return }
    examineAmount(amount)
    let unsigned = text.utf8.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    let digits = unsigned.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard digits.count == unsigned.count else { return }
    let withoutEnd = digits.reversed().drop { $0 == UInt8(ascii: "0") }.reversed()
    let significant = String(decoding: withoutEnd.drop { $0 == UInt8(ascii: "0") }, as: UTF8.self)
    demand(significant == (amount.mantissa == 0 ? "" : "\(amount.mantissa.magnitude)"), "\(text) keeps its digits")
}

private func examineAmount(_ amount: Quantity) {
    demand(amount.mantissa == 0 || amount.mantissa % 10 != 0, "no zeros end the digits")
    demand(amount.scale >= -9, "nothing is finer than a nano")
    _ = try? amount.wholeBytes()
    let written = amount.description
    do throws(CapacityError) {
        demand(try Quantity(parsing: written) == amount, "\(written) reads as the same amount")
    } catch {
        // An amount of the most digits may not have the two more that its suffix takes.
        demand(amount.mantissa.magnitude >= UInt128(10).power(36), "\(written) can be read: \(error)")
    }
}

extension UInt128 {
    fileprivate func power(_ exponent: Int) -> UInt128 { (0..<exponent).reduce(1) { product, _ in product * self } }
}
