import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import RsyncEngine
import RsyncOptions
import Transport

/// Runs a daemon with its configuration.
///
/// The configuration is read once; secrets and the message of the day are read when they are needed.
struct DaemonRunner {
    private static let usualPort: UInt16 = 873
    /// The time from the connection to the login (protocol specification, session 10.3).
    private static let loginLimit = Duration.seconds(60)

    private let settings: DaemonSettings
    private let configuration: DaemonConfiguration

    /// Reads the configuration.
    ///
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 1 when it cannot be read or is not supported.
    init(_ settings: DaemonSettings) throws(CommandError) {
        self.settings = settings
        let path = settings.configuration ?? Array((geteuid() == 0 ? "/etc/rsyncd.conf" : "rsyncd.conf").utf8)
        let name = String(decoding: path, as: UTF8.self)
        let contents: [UInt8]
        do throws(SystemError) {
            contents = try SmallFile(path).contents()
        } catch {
            throw .failed("Failed to open config file: \(name): \(SystemText(error.number))", exitCode: 1)
        }
        do throws(DaemonConfigurationError) {
            configuration = try DaemonConfiguration(parsing: contents)
        } catch {
            throw .failed("Failed to parse config file: \(name): \(error)", exitCode: 1)
        }
    }

    /// Serves one client on standard input and output.
    ///
    /// - Returns: The exit code.
    func serveStandardStreams() throws(CommandError) -> Int32 {
        let log = try openLog()
        let stream = try ServerRunner.standardStreams()
        let report = serve(stream, ConfiguredCatalogue(configuration), log)
        return report.result?.exitCode ?? (report.refusal == nil ? 0 : 5)
    }

    /// Listens and serves until SIGTERM, SIGINT or SIGHUP comes.
    ///
    /// - Returns: The exit code.
    func run() throws(CommandError) -> Int32 {
        let log = try openLog()
        ResourceLimit.openFiles.raise()
        let address = settings.address ?? configuration.address ?? ""
        let port = settings.port ?? configuration.port ?? Self.usualPort
        let listener: Listener
        do throws(TransportError) {
            listener = try Listener(HostPort(host: address, port: port))
        } catch {
            throw .failed("\(error)", exitCode: 10)
        }
        if !settings.staysInForeground, daemon(0, 0) != 0 {
            throw .failed("the daemon could not leave its terminal: \(SystemText(errno))", exitCode: 14)
        }
        let processIDFile = try writeProcessID()
        defer { processIDFile?.remove() }
        log.line("dvm-rsync daemon version \(RsyncCommandLine.version) starting, listening on port \(port)")
        for notice in configuration.notices { log.line(notice) }
        log.line(DaemonSandbox(configuration).confine())
        let catalogue = ConfiguredCatalogue(configuration)
        let clients = DaemonClients()
        let termination = try Termination { listener.close() }
        let places = LoginPlaces(limit: Self.loginLimit)
        defer { places.close() }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-login-time") { places.watch() }
        } catch {
            throw .failed("no thread can be started: \(error)", exitCode: 14)
        }
        while let stream = next(of: listener, log), let place = places.enter(stream) {
            clients.start(stream) { [self] in _ = serve(stream, catalogue, log, place) }
        }
        guard termination.hasCome else { return 10 }
        log.line(ExitText.line(code: 20, role: "daemon"))
        clients.end()
        return 20
    }

    private func next(of listener: Listener, _ log: LogFile) -> SocketStream? {
        do throws(TransportError) {
            return try listener.accept()
        } catch {
            if case .closed = error { return nil }
            log.line("\(error)")
            return nil
        }
    }

    private func serve(
        _ stream: any ByteStream,
        _ catalogue: ConfiguredCatalogue,
        _ log: LogFile,
        _ place: LoginPlace? = nil
    ) -> DaemonSession.Report {
        let peer = stream.peerDescription
        log.line("connect from \(peer)")
        let session = DaemonSession(catalogue: catalogue, observer: SilentObserver(), loginPlace: place)
        let report = session.run(over: stream)
        let module = String(decoding: NameText.escaped(report.module), as: UTF8.self)
        let user = String(decoding: NameText.escaped(report.user), as: UTF8.self)
        switch report.eviction {
        case .tooSlow: log.line("daemon handshake timeout: \(peer)")
        case .displaced: log.line("\(peer) was evicted for a newer connection before its login")
        case .closing, nil: break
        }
        if let refusal = report.refusal, report.eviction == nil { log.line("rsync denied \(peer): \(refusal)") }
        if let result = report.result {
            let statistics = result.statistics
            log.line("rsync \(report.isSender ? "on" : "to") \(module)/ from \(user)@\(peer)")
            if let failure = result.failure { log.line("\(peer): \(failure)") }
            if result.exitCode != 0 {
                log.line(ExitText.line(code: result.exitCode, role: report.isSender ? "sender" : "receiver"))
            }
            log.line(
                "sent \(statistics.bytesSent) bytes  received \(statistics.bytesReceived) bytes  "
                    + "total size \(statistics.totalSize)"
            )
        }
        return report
    }

    /// Writes the pid file, if configured; it stays locked as long as the daemon runs.
    private func writeProcessID() throws(CommandError) -> ProcessIDFile? {
        guard let path = configuration.pidFile else { return nil }
        do throws(SystemError) {
            return try ProcessIDFile(path, isLocked: true)
        } catch {
            let step = ["flock": "lock", "write": "write"][error.operation] ?? "create"
            let name = String(decoding: path, as: UTF8.self)
            throw .failed("failed to \(step) pid file \(name): \(SystemText(error.number))", exitCode: 11)
        }
    }

    private func openLog() throws(CommandError) -> LogFile {
        guard let path = settings.logFile ?? configuration.logFile else {
            return LogFile(owning: Descriptor(owning: dup(2)))
        }
        return try LogFile(path: path)
    }
}
