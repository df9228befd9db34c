import CLinux
import Glibc

/// What is known of a terminal behind a descriptor.
package enum Terminal {
    /// Whether a descriptor belongs to a terminal.
    package static func isTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }

    /// How many characters fit on a line.
    ///
    /// - Parameter number: A terminal's descriptor.
    /// - Returns: Nil when the terminal does not say.
    package static func columns(of number: Int32) -> Int? {
        guard let size = windowSize(number), size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
