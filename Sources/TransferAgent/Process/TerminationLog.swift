import Glibc
import LinuxSystem
import ProcessSupport
import Synchronization

/// The file that gets the report of the process's end.
///
/// ## Concurrency model
/// The main thread and the one that ends an overdue process may both write; the first report stays.
package final class TerminationLog: Sendable {
    /// Where Kubernetes reads a container's termination message.
    package static let usualPath = "/dev/termination-log"

    /// Nil when there is no file.
    private let file: Int32?
    private let hasReport = Atomic<Bool>(false)

    /// Opens the file, before the process is confined, and removes what an earlier run has left in it.
    ///
    /// - Parameter path: The value of `--termination-log`; nil for ``usualPath``, if that is there and can be written.
    /// - Throws: ``AgentError`` when a given path cannot be opened.
    package init(_ path: String?) throws(AgentError) {
        // A pipe that nobody reads must not hold up the start.
        let flags = O_WRONLY | O_CLOEXEC | O_TRUNC | O_NONBLOCK | (path == nil ? 0 : O_CREAT)
        let number = openFile(path ?? Self.usualPath, flags, mode: 0o644)
        if number < 0, let path {
            let text = SystemError.text(of: errno)
            throw AgentError(
                .badSetting,
                "--termination-log \(path) cannot be opened for writing: \(text)",
                exitCode: 1
            )
        }
        file = number < 0 ? nil : number
    }

    deinit { if let file { close(file) } }

    /// Writes the report, unless there is one.
    package func write(_ report: TerminationReport) {
        guard let file, !hasReport.exchange(true, ordering: .acquiringAndReleasing) else { return }
        writeText(report.json + "\n", to: file)
    }
}
