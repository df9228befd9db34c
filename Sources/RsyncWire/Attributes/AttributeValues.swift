/// Values of extended attributes that were too long for the file list: which of them a receiving side requests with an
/// item, and the sender's answer (protocol specification, transfer 8.2).
///
/// Attributes are identified by their places in the entry's set, from 0 on.
package enum AttributeValues {
    /// The length of the MD5 digest that stands for a long value in a file list.
    package static let digestLength = 16
    /// The longest value that is accepted, in bytes: no Linux file system has longer ones.
    package static let longest = 65_536
    private static let mostPlaces: Int32 = 65_536
    private static let valueLimit: Int32 = 128 << 20

    /// Writes a request.
    package static func write(request places: [Int], to output: WireOutput) throws(WireError) {
        var last = -1
        for place in places.sorted() {
            try output.varint(Int32(place - last))
            last = place
        }
        try output.varint(0)
    }

    /// Reads a request.
    ///
    /// - Returns: Places in ascending order, which need not exist.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a place out of range.
    package static func readRequest(from input: WireInput) throws(WireError) -> [Int] {
        var places: [Int] = []
        while let place = try next(after: places.last ?? -1, from: input) { places.append(place) }
        return places
    }

    /// Writes one value of an answer; `last` is the place of the one before, -1 for none.
    package static func write(
        _ value: [UInt8],
        at place: Int,
        after last: Int,
        to output: WireOutput
    ) throws(WireError) {
        try output.varint(Int32(place - last))
        try output.varint(Int32(value.count))
        try output.bytes(value)
    }

    /// Ends an answer.
    package static func writeEnd(to output: WireOutput) throws(WireError) { try output.varint(0) }

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - input: The stream from the sender.
    ///   - take: Gets each place with its value.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a place or a length out of range.
    package static func readAnswer(
        from input: WireInput,
        _ take: (_ place: Int, _ value: [UInt8]) throws(WireError) -> Void
    ) throws(WireError) {
        var last = -1
        while let place = try next(after: last, from: input) {
            let length = try input.varint("the length of an attribute's value")
            guard (0...valueLimit).contains(length) else {
                throw .incompatible("an extended attribute of \(length) bytes")
            }
            guard length <= longest else {
                throw .incompatible("an extended attribute of \(length) bytes; the limit is \(longest)")
            }
            try take(place, input.bytes(Int(length), "an attribute's value"))
            last = place
        }
    }

    private static func next(after last: Int, from input: WireInput) throws(WireError) -> Int? {
        let step = try input.varint("the number of an extended attribute")
        if step == 0 { return nil }
        guard step > 0, step <= mostPlaces, last + Int(step) < mostPlaces else {
            throw .incompatible("invalid number of an extended attribute: \(last + 1) and \(step)")
        }
        return last + Int(step)
    }
}
