/// What is wrong with a filter rule; rsync ends with exit code 1 for it.
public struct FilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule and what is wrong with it.
    public let description: String

    init(_ description: String) { self.description = description }
}
