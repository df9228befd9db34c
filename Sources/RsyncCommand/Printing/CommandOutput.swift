/// Takes lines of text.
package protocol LineOutput: Sendable {
    /// Adds a line, given without its end.
    func line(_ text: [UInt8])
}

extension LineOutput {
    /// Adds a line, given without its end.
    package func line(_ text: String) { line(Array(text.utf8)) }
}

/// What a run prints: standard output, of which ``line(_:)`` is a line, and standard error.
package protocol CommandOutput: LineOutput {
    /// Writes text to standard output at once, without a line end.
    func raw(_ text: String)
    /// Writes a line to standard error, behind all that was printed before.
    func error(_ text: String)
}
