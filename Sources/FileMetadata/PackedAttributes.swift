/// A set of extended attributes in one array: a session keeps one for each set that its lists have, and seldom asks for
/// its attributes.
///
///     of each attribute: length of its name | its name | length of its value, doubled     | its value
///                    or: length of its name | its name | length of its value, doubled + 1 | length of its digest | its digest
///
/// Lengths are in groups of 7 bits, the lowest first; all groups but the last have the highest bit set.
package struct PackedAttributes: Hashable, Sendable {
    private let bytes: [UInt8]

    package init(_ attributes: [ExtendedAttribute]) {
        // Of exactly the size that is needed.
        bytes = [UInt8](capacity: attributes.reduce(0) { $0 + Self.size(of: $1) }) { output in
            for attribute in attributes {
                Self.append(attribute.name.count, attribute.name, to: &output)
                if let value = attribute.value {
                    Self.append(value.count << 1, value, to: &output)
                } else {
                    Self.append(attribute.length << 1 | 1, [], to: &output)
                    Self.append(attribute.digest.count, attribute.digest, to: &output)
                }
            }
        }
    }

    private static func size(of attribute: ExtendedAttribute) -> Int {
        let (name, held) = (attribute.name.count, (attribute.value ?? attribute.digest).count)
        let size = size(ofLength: name) + name + size(ofLength: attribute.length << 1) + held
        return attribute.value == nil ? size + Self.size(ofLength: held) : size
    }

    private static func size(ofLength length: Int) -> Int {
        var (size, rest) = (1, length >> 7)
        while rest > 0 { (size, rest) = (size + 1, rest >> 7) }
        return size
    }

    private static func append(_ length: Int, _ bytes: [UInt8], to output: inout OutputSpan<UInt8>) {
        var rest = length
        while rest > 0x7f {
            output.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
        for byte in bytes { output.append(byte) }
    }

    /// The attributes in order.
    package var attributes: [ExtendedAttribute] {
        var (attributes, place): ([ExtendedAttribute], Int) = ([], 0)
        func length() -> Int {
            var (length, shift) = (0, 0)
            while true {
                let group = Int(bytes[place])
                place += 1
                length |= (group & 0x7f) << shift
                guard group > 0x7f else { return length }
                shift += 7
            }
        }
        func next(_ count: Int) -> [UInt8] {
            defer { place += count }
            return Array(bytes[place..<place + count])
        }
        while place < bytes.count {
            let name = next(length())
            let word = length()
            if word & 1 == 0 {
                attributes.append(ExtendedAttribute(name: name, value: next(word >> 1)))
            } else {
                attributes.append(ExtendedAttribute(name: name, length: word >> 1, digest: next(length())))
            }
        }
        return attributes
    }

    /// The memory of the bytes.
    var count: Int { bytes.count }
}
