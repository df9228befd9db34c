/// A set of extended attributes in one array: a session keeps one for each set that its lists have, and seldom asks for
/// its attributes.
///
/// Of each attribute:
///
///     length of its name | its name | 4 · its listed length + 2 if it has a digest + 1 if its value is known
///     if its value is known: length of the value | the value
///     if it has a digest: length of the digest | the digest
///
/// The value that a sender gives later may have another length than the one that it listed.
/// Lengths are in groups of 7 bits, the lowest first; all groups but the last have the highest bit set.
package struct PackedAttributes: Hashable, Sendable {
    private let bytes: [UInt8]

    package init(_ attributes: [ExtendedAttribute]) {
        // Of exactly the size that is needed.
        bytes = [UInt8](capacity: attributes.reduce(0) { $0 + Self.size(of: $1) }) { output in
            for attribute in attributes {
                Self.append(attribute.name.count, attribute.name, to: &output)
                Self.append(Self.word(of: attribute), [], to: &output)
                if let value = attribute.value { Self.append(value.count, value, to: &output) }
                if !attribute.digest.isEmpty { Self.append(attribute.digest.count, attribute.digest, to: &output) }
            }
        }
    }

    private static func word(of attribute: ExtendedAttribute) -> Int {
        attribute.length << 2 | (attribute.digest.isEmpty ? 0 : 2) | (attribute.value == nil ? 0 : 1)
    }

    private static func size(of attribute: ExtendedAttribute) -> Int {
        var size = size(ofPart: attribute.name) + size(ofLength: word(of: attribute))
        if let value = attribute.value { size += self.size(ofPart: value) }
        return attribute.digest.isEmpty ? size : size + self.size(ofPart: attribute.digest)
    }

    private static func size(ofPart bytes: [UInt8]) -> Int { size(ofLength: bytes.count) + bytes.count }

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
            let value = word & 1 == 0 ? nil : next(length())
            let digest = word & 2 == 0 ? [] : next(length())
            attributes.append(ExtendedAttribute(name: name, length: word >> 2, value: value, digest: digest))
        }
        return attributes
    }

    /// The memory of the bytes.
    var count: Int { bytes.count }
}
