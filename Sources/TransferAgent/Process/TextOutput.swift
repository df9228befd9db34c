import ProcessSupport

/// A destination of text output.
package protocol TextOutput: Sendable {
    /// Writes a text at once, as it is.
    ///
    /// - Parameter text: Whole lines, or part of a terminal line.
    func write(_ text: String)
}

/// Standard output or standard error, unbuffered.
package struct StandardStream: TextOutput {
    private let number: Int32

    /// Standard output.
    package static let output = StandardStream(number: 1)
    /// Standard error.
    package static let error = StandardStream(number: 2)

    /// Whether it is a terminal.
    package var isTerminal: Bool { Terminal.isTerminal(number) }

    /// The kind of terminal that this process is told it has (TERM); nil when it is not told.
    package static var terminalType: String? { ProcessInputs.environment["TERM"] }

    /// The terminal's width in characters; 80 when unknown.
    package var columns: Int { Terminal.columns(of: number) ?? 80 }

    /// Writes a text at once; a closed reader must not stop a transfer, so failures are ignored.
    package func write(_ text: String) { writeText(text, to: number) }
}
