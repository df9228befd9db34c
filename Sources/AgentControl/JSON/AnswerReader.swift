import VolumeCapacity

/// Reads the members of an answer and checks each against its range: no value from a peer is used without this check.
///
/// Unknown members are skipped, since answers gain members over time.
struct AnswerReader {
    let members: JSONValue

    /// A mandatory number.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - range: The valid values.
    /// - Returns: The value.
    /// - Throws: ``ControlError/unusable(_:)``.
    func figure(_ name: String, in range: ClosedRange<Int64>) throws(ControlError) -> Int64 {
        guard let value = try optionalFigure(name, in: range) else { throw .unusable("\(name) is missing") }
        return value
    }

    /// A number that may be missing or null.
    func optionalFigure(_ name: String, in range: ClosedRange<Int64>) throws(ControlError) -> Int64? {
        switch members[name] {
        case nil, .null: return nil
        case .integer(let value):
            guard range.contains(value) else {
                throw .unusable("\(name) is \(value), not from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        default: throw .unusable("\(name) is not a 63-bit integer")
        }
    }

    /// A mandatory number of bytes or inodes of a file system; see ``clamped(_:)``.
    func space(_ name: String) throws(ControlError) -> Int64 {
        Self.clamped(try figure(name, in: 0...Int64.max))
    }

    /// A file system's number, limited for calculations: some report 8 EiB because they have no limit.
    private static func clamped(_ value: Int64) -> Int64 { min(value, TargetFacts.largestFigure) }

    /// A mandatory text.
    func text(_ name: String) throws(ControlError) -> String {
        guard let value = members[name]?.asText else { throw .unusable("\(name) is missing or not a string") }
        return value
    }

    /// A mandatory flag.
    func flag(_ name: String) throws(ControlError) -> Bool {
        guard let value = members[name]?.asFlag else { throw .unusable("\(name) is missing or not a boolean") }
        return value
    }

    /// A list of numbers, as many as were requested.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - count: The required number of elements.
    ///   - range: The valid values of each.
    /// - Returns: The numbers.
    /// - Throws: ``ControlError/unusable(_:)``.
    func figures(_ name: String, count: Int, in range: ClosedRange<Int64>) throws(ControlError) -> [Int64] {
        guard case .list(let values) = members[name], values.count == count else {
            throw .unusable("\(name) has a different length than the request")
        }
        var figures: [Int64] = []
        for value in values {
            guard let figure = value.asInteger, range.contains(figure) else {
                throw .unusable("an element of \(name) is not from \(range.lowerBound) to \(range.upperBound)")
            }
            figures.append(figure)
        }
        return figures
    }
}
