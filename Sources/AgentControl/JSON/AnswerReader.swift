import VolumeCapacity

/// Reads the members of an answer, each within its range: what a peer says is no figure before it has been through here.
///
/// Members that nobody asks for are skipped, as answers grow.
struct AnswerReader {
    let members: JSONValue

    /// A figure that always comes.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - range: What it can be.
    /// - Returns: The figure.
    /// - Throws: ``ControlError/unusable(_:)``.
    func figure(_ name: String, in range: ClosedRange<Int64>) throws(ControlError) -> Int64 {
        guard let value = try optionalFigure(name, in: range) else { throw .unusable("\(name) is missing") }
        return value
    }

    /// A figure that may be left out, or null.
    func optionalFigure(_ name: String, in range: ClosedRange<Int64>) throws(ControlError) -> Int64? {
        switch members[name] {
        case nil, .null: return nil
        case .integer(let value):
            guard range.contains(value) else {
                throw .unusable("\(name) is \(value), which is not from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        default: throw .unusable("\(name) is not a whole number of 63 bits")
        }
    }

    /// Some bytes or inodes of a file system that always come; see ``clamped(_:)``.
    func space(_ name: String) throws(ControlError) -> Int64 {
        Self.clamped(try figure(name, in: 0...Int64.max))
    }

    /// A figure of a file system as it is reckoned with: some say 8 EiB because they have no end.
    private static func clamped(_ value: Int64) -> Int64 { min(value, TargetFacts.largestFigure) }

    /// A text that always comes.
    func text(_ name: String) throws(ControlError) -> String {
        guard let value = members[name]?.asText else { throw .unusable("\(name) is missing or no text") }
        return value
    }

    /// A flag that always comes.
    func flag(_ name: String) throws(ControlError) -> Bool {
        guard let value = members[name]?.asFlag else { throw .unusable("\(name) is missing or no flag") }
        return value
    }

    /// A list of figures, as many as were asked about.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - count: How many there have to be.
    ///   - range: What each can be.
    /// - Returns: The figures.
    /// - Throws: ``ControlError/unusable(_:)``.
    func figures(_ name: String, count: Int, in range: ClosedRange<Int64>) throws(ControlError) -> [Int64] {
        guard case .list(let values) = members[name], values.count == count else {
            throw .unusable("\(name) has another length than the question")
        }
        var figures: [Int64] = []
        for value in values {
            guard let figure = value.asInteger, range.contains(figure) else {
                throw .unusable("a figure of \(name) is not from \(range.lowerBound) to \(range.upperBound)")
            }
            figures.append(figure)
        }
        return figures
    }
}
