@testable import VolumeCapacity

/// Reads what df printed, counted in each unit, for one volume and for one of several.
func examineDiskUsage(_ text: String) {
    for unit in DiskUsageUnit.allCases {
        for path in [nil, "/data"] {
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

/// Reads a quantity; its digits must be those of the text, and it must be the same after writing and reading.
func examineQuantity(_ text: String) {
    guard let amount = try? Quantity(parsing: text) else { return }
    examineAmount(amount)
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
        .filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let significant = digits.drop { $0 == UInt8(ascii: "0") }.reversed().drop { $0 == UInt8(ascii: "0") }
    // What is finer than a nano is rounded, and binary amounts are multiplied.
    if amount.format != .binary, amount.scale > -9, !text.contains("i") {
        let kept = String(amount.mantissa.magnitude)
        demand(
            kept == (significant.isEmpty ? "0" : String(decoding: significant.reversed(), as: UTF8.self)),
            "\(text) is read as \(kept)"
        )
    }
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
