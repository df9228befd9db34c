import ProcessSupport

/// Where texts for people and programs go.
package protocol TextOutput: Sendable {
    /// Writes a text at once, as it is.
    ///
    /// - Parameter text: Whole lines, or a part of a terminal's line.
    func write(_ text: String)
}

/// Standard output or standard error, without a buffer.
package struct StandardStream: TextOutput {
    private let number: Int32

    /// Standard output.
    package static let output = StandardStream(number: 1)
    /// Standard error.
    package static let error = StandardStream(number: 2)

    /// Whether a person watches.
    package var isTerminal: Bool { Terminal.isTerminal(number) }

    /// Characters on a line of the terminal; 80 when it does not say.
    package var columns: Int { Terminal.columns(of: number) ?? 80 }

    /// Writes a text at once; a reader that is gone is no reason to stop a transfer, so failures are dropped.
    package func write(_ text: String) { writeText(text, to: number) }
}
