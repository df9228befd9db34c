/// An invalid filter rule, or a file of rules that cannot be read.
package struct FilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// rsync's exit code: 1 for an invalid rule, 11 for a file.
    package let exitCode: Int32
    /// The rule and what is wrong with it.
    package let description: String

    /// Makes the error for an invalid rule, or for a file.
    package init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }
}
