/// A destination of text lines.
package protocol LineOutput: Sendable {
    /// Adds a line, given without its end.
    func line(_ text: [UInt8])
}

extension LineOutput {
    /// Adds a line, given without its end.
    package func line(_ text: String) { line(Array(text.utf8)) }
}

/// The output of a run: standard output, with ``line(_:)``, and standard error.
package protocol CommandOutput: LineOutput {
    /// Writes text to standard output at once; the next line of either output ends it.
    func raw(_ text: String)
    /// Does the same on a line of its own.
    func rawLine(_ text: String)
    /// Writes a line, given without its end, to standard error, after everything that was printed before.
    func error(_ text: [UInt8])
}

extension CommandOutput {
    /// Writes a line, given without its end, to standard error, after everything that was printed before.
    package func error(_ text: String) { error(Array(text.utf8)) }
}
