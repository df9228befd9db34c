import RsyncOptions

/// Why a command line was rejected.
package enum CommandError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The command line is invalid (exit code 1).
    case usage(String)
    /// An option of rsync that this program does not support (exit code 4).
    case unsupported(String)
    /// A requested operation failed: a description, and rsync's exit code for it.
    case failed(String, exitCode: Int32)

    /// The exit code that rsync documents (protocol specification, session 9.1).
    package var exitCode: Int32 {
        switch self {
        case .usage: 1
        case .unsupported: 4
        case .failed(_, let code): code
        }
    }

    /// One sentence for the user.
    package var description: String {
        switch self {
        case .usage(let text): text
        case .unsupported(let option): "\(option): this option of rsync is not supported by dvm-rsync"
        case .failed(let text, _): text
        }
    }

    init(_ error: OptionError) {
        self =
            switch error {
            case .usage(let text): .usage(text)
            case .unsupported(let option): .unsupported(option)
            case .failed(let text, let code): .failed(text, exitCode: code)
            }
    }
}
