import Glibc
import RsyncEngine
import Transport

/// Runs a daemon.
struct DaemonRunner {
    private let settings: DaemonSettings

    init(_ settings: DaemonSettings) {
        self.settings = settings
    }

    func run() throws(CommandError) -> Int32 { throw .unsupported("--daemon") }

    func serveStandardStreams() throws(CommandError) -> Int32 { throw .unsupported("--daemon") }
}
