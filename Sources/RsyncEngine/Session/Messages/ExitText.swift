/// rsync's texts for its exit codes (protocol specification, transfer 18.6).
package enum ExitText {
    /// This program's version.
    package static let version = "0.1.0"

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
        return "rsync \(kind): \(text) (code \(code)) at dvm-rsync [\(role)=\(version)]"
    }
}
