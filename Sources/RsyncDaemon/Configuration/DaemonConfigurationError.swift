import LinuxSystem

/// An error in a daemon's configuration.
package struct DaemonConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file; empty when there is none.
    package let file: [UInt8]
    /// The line number, from 1; 0 when the error concerns the whole file.
    package let line: Int
    /// What is wrong.
    package let reason: String

    /// One sentence for the user.
    package var description: String {
        let place = file.isEmpty ? "the configuration" : PrintableText.ofPeer(file)
        return line > 0 ? "line \(line) of \(place): \(reason)" : "\(place): \(reason)"
    }
}

/// What is wrong with a parameter's value.
struct ParameterFlaw: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
