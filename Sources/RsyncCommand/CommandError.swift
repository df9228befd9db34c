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

/// rsync's texts for its exit codes (protocol specification, transfer 18.6).
package enum ExitText {
    private static let texts: [Int32: String] = [
        1: "syntax or usage error",
        2: "protocol incompatibility",
        3: "errors selecting input/output files, dirs",
        4: "requested action not supported",
        5: "error starting client-server protocol",
        10: "error in socket IO",
        11: "error in file IO",
        12: "error in rsync protocol data stream",
        13: "errors with program diagnostics",
        14: "error in IPC code",
        15: "sibling process crashed",
        16: "sibling process terminated abnormally",
        19: "received SIGUSR1",
        20: "received SIGINT, SIGTERM, or SIGHUP",
        21: "waitpid() failed",
        22: "error allocating core memory buffers",
        23: "some files/attrs were not transferred (see previous errors)",
        24: "some files vanished before they could be transferred",
        25: "the --max-delete limit stopped deletions",
        30: "timeout in data send/receive",
        35: "timeout waiting for daemon connection",
        124: "remote shell failed",
        125: "remote shell killed",
        126: "remote command could not be run",
        127: "remote command not found",
    ]

    /// The last line of a run that did not end with code 0.
    ///
    /// - Parameters:
    ///   - code: The exit code; code 24 is a warning.
    ///   - role: The reporting role, such as `sender`.
    /// - Returns: The line.
    package static func line(code: Int32, role: String) -> String {
        let kind = code == 24 ? "warning" : "error"
        let text = texts[code] ?? "unexplained error"
        return "rsync \(kind): \(text) (code \(code)) at dvm-rsync [\(role)=\(RsyncCommandLine.version)]"
    }
}
