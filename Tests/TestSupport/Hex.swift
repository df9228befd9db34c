import Foundation

/// Decodes hex pairs; blanks, line breaks and everything after `#` on a line are skipped.
package func bytes(hex: String) -> [UInt8] {
    var result: [UInt8] = []
    for line in hex.split(whereSeparator: \.isNewline) {
        let digits = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
        var rest = digits[...]
        while rest.count >= 2 {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { preconditionFailure("not hex: \(line)") }
            result.append(byte)
            rest = rest.dropFirst(2)
        }
        precondition(rest.isEmpty, "odd number of hex digits: \(line)")
    }
    return result
}

/// The hex of some bytes, two digits each, without blanks.
package func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}
