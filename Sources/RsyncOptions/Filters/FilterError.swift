/// An invalid filter rule; rsync exits with code 1.
package struct FilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule and what is wrong with it.
    package let description: String

    init(_ description: String) { self.description = description }
}
