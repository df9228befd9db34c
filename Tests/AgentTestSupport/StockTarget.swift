import Foundation
package import TestSupport

/// A stock rsync daemon behind a stock stunnel, with modules that say no in several ways.
///
/// `data` wants the user `root` with the password `secret`; it and `beside` take one connection between them; `readonly`, `denied`, `busy` and `broken` are what they are called.
package final class StockTarget: Sendable {
    /// Whether both programs are installed.
    package static var isInstalled: Bool {
        StunnelProcess.isInstalled && FileManager.default.isExecutableFile(atPath: rsync)
    }
    private static let rsync = "/usr/bin/rsync"

    package let tunnel: StunnelProcess
    package let daemon: ChildProcess
    private let directory: TemporaryDirectory

    /// Starts both.
    ///
    /// - Parameter leaf: What stunnel shows.
    /// - Throws: When one does not come up.
    package init(showing leaf: CertificateFiles) throws {
        directory = try TemporaryDirectory()
        let port = freePort()
        try FileManager.default.createDirectory(atPath: directory.file("data"), withIntermediateDirectories: true)
        try write("root:secret\n", to: directory.file("secrets"))
        let place = directory.file("data")
        let configuration = """
            use chroot = no
            read only = no
            log file = \(directory.file("log"))
            uid = root
            gid = root
            [data]
            path = \(place)
            auth users = root
            secrets file = \(directory.file("secrets"))
            max connections = 1
            lock file = \(directory.file("lock"))
            [beside]
            path = \(place)
            max connections = 1
            lock file = \(directory.file("lock"))
            [readonly]
            path = \(place)
            read only = yes
            [denied]
            path = \(place)
            hosts deny = *
            [busy]
            path = \(place)
            max connections = -1
            [broken]
            path = \(directory.file("missing"))

            """
        try write(configuration, to: directory.file("rsyncd.conf"))
        daemon = try ChildProcess(
            Self.rsync,
            ["--daemon", "--no-detach", "--address=127.0.0.1", "--port=\(port)"]
                + ["--config=" + directory.file("rsyncd.conf")]
        )
        guard waitForPort(port) else { throw Unexpected("rsync --daemon does not listen") }
        tunnel = try StunnelProcess(
            isClient: false,
            connectingTo: "127.0.0.1:\(port)",
            settings: ["cert = \(leaf.certificate)", "key = \(leaf.key)", "TIMEOUTclose = 0"]
        )
    }

    /// A file of the module `data`.
    package func data(_ name: String) -> String { directory.file("data/" + name) }

    /// Ends both; in a `defer` it also keeps them to the end.
    package func stop() {
        tunnel.process.stop()
        daemon.stop()
    }
}
