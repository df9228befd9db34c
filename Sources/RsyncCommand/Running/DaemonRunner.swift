import CLinux
import Glibc
import LinuxSystem
import RsyncEngine
import RsyncOptions
import Transport

/// Runs a daemon by its configuration.
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
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 1 when it cannot be read or carried out.
    init(_ settings: DaemonSettings) throws(CommandError) {
        self.settings = settings
        let path = settings.configuration ?? Array((geteuid() == 0 ? "/etc/rsyncd.conf" : "rsyncd.conf").utf8)
        let name = String(decoding: path, as: UTF8.self)
        let contents: [UInt8]
        do throws(SystemError) {
            contents = try SmallFile.read(path)
        } catch {
            throw .failed("Failed to open config file: \(name): \(SystemText(error.number))", exitCode: 6)
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
        umask(0)
        let report = serve(stream, ConfiguredCatalogue(configuration), log)
        return report.result?.exitCode ?? (report.refusal == nil ? 0 : 5)
    }

    /// Listens and serves until SIGTERM, SIGINT or SIGHUP comes.
    ///
    /// - Returns: The exit code.
    func run() throws(CommandError) -> Int32 {
        let log = try openLog()
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
        umask(0)
        let pidFile = try configuration.pidFile.map { path throws(CommandError) in try PIDFile(path) }
        defer { pidFile?.remove() }
        log.line("dvm-rsync daemon version \(RsyncCommandLine.version) starting, listening on port \(port)")
        for notice in configuration.notices { log.line(notice) }
        log.line(DaemonSandbox(configuration).confine())
        let catalogue = ConfiguredCatalogue(configuration)
        let connections = ConnectionTable()
        let signals = try TerminationSignals { listener.close() }
        let places = LoginPlaces(limit: Self.loginLimit)
        defer { places.close() }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-login-time") { places.watch() }
        } catch {
            throw .failed("no thread can be started: \(error)", exitCode: 14)
        }
        while let stream = next(of: listener, log), let place = places.enter(stream) {
            connections.start(stream) { [self] in _ = serve(stream, catalogue, log, place) }
        }
        guard signals.haveCome else { return 10 }
        log.line(ExitText.line(code: 20, role: "daemon"))
        connections.end()
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
        switch report.putOut {
        case .tooSlow: log.line("daemon handshake timeout: \(peer)")
        case .displaced: log.line("\(peer) gave way to a newer connection before it had logged in")
        case .closing, nil: break
        }
        if let refusal = report.refusal, report.putOut == nil { log.line("rsync denied \(peer): \(refusal)") }
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

    private func openLog() throws(CommandError) -> LogFile {
        guard let path = settings.logFile ?? configuration.logFile else {
            return LogFile(owning: Descriptor(owning: dup(2)))
        }
        return try LogFile(path: path)
    }
}

/// The file that holds a daemon's process number, locked while it runs.
final class PIDFile {
    private let path: [CChar]
    private let descriptor: Descriptor

    /// Makes or takes over the file.
    ///
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 11 when another daemon holds it.
    init(_ path: [UInt8]) throws(CommandError) {
        self.path = path.map { CChar(bitPattern: $0) } + [0]
        let name = String(decoding: path, as: UTF8.self)
        let number = unsafe open(self.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard number >= 0 else {
            throw .failed("failed to create pid file \(name): \(SystemText(errno))", exitCode: 11)
        }
        descriptor = Descriptor(owning: number)
        guard flock(number, LOCK_EX | LOCK_NB) == 0, ftruncate(number, 0) == 0 else {
            throw .failed("failed to lock pid file \(name): \(SystemText(errno))", exitCode: 11)
        }
        let text = Array("\(getpid())\n".utf8)
        guard unsafe text.withUnsafeBytes({ unsafe write(number, $0.baseAddress, $0.count) }) == text.count else {
            throw .failed("failed to write pid file \(name): \(SystemText(errno))", exitCode: 11)
        }
    }

    /// Takes the file away.
    func remove() { _ = unsafe unlink(path) }
}
