import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import RsyncDaemon
import RsyncEngine
import RsyncOptions
import Transport

/// Starts a daemon with its configuration: listens, or serves the one client that it was started for.
struct DaemonRunner {
    /// The time from the connection to the login (protocol specification, session 10.3).
    private static let loginLimit = Duration.seconds(60)

    private let settings: DaemonSettings
    private let environment: [String: String]
    private let path: [UInt8]
    private let overrides: [DaemonConfiguration.Override]
    private let configuration: DaemonConfiguration

    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - settings: The command line.
    ///   - isOverShell: Whether a remote shell started the daemon.
    ///   - environment: The process's environment.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 1 when it cannot be read or is not supported.
    init(
        _ settings: DaemonSettings,
        isOverShell: Bool,
        environment: [String: String]
    ) throws(CommandError) {
        (self.settings, self.environment) = (settings, environment)
        let isUsers = isOverShell && geteuid() != 0
        path = settings.configuration ?? Array((isUsers ? "rsyncd.conf" : "/etc/rsyncd.conf").utf8)
        overrides = try Self.overrides(settings)
        do throws(DaemonConfigurationError) {
            configuration = try DaemonConfiguration(reading: path, overrides: overrides)
        } catch {
            throw .failed("Failed to parse config file: \(error)", exitCode: 1)
        }
    }

    /// The parameters that the command line replaces.
    private static func overrides(_ settings: DaemonSettings) throws(CommandError) -> [DaemonConfiguration.Override] {
        var lines = settings.overrides
        if let format = settings.logFormat {
            lines += [Array("log format = ".utf8) + format]
            lines += [Array("transfer logging = \(format.isEmpty ? "no" : "yes")".utf8)]
        }
        if let options = settings.socketOptions { lines += [Array("socket options = ".utf8) + options] }
        if let address = settings.address { lines += [Array("address = \(address)".utf8)] }
        if let port = settings.port { lines += [Array("port = \(port)".utf8)] }
        var overrides: [DaemonConfiguration.Override] = []
        for line in lines {
            guard let override = DaemonConfiguration.Override(line) else {
                let text = String(decoding: NameText.escaped(line), as: UTF8.self)
                throw .usage("--dparam value is missing an '=': \(text)")
            }
            guard override.isKnown else { throw .usage("Unknown parameter \"\(override.name)\"") }
            overrides.append(override)
        }
        return overrides
    }

    /// Serves one client on standard input and output.
    ///
    /// - Returns: The exit code.
    func serveStandardStreams() throws(CommandError) -> Int32 {
        let stream = try ServerRunner.standardStreams()
        return try serve(stream, from: ShellPeer.address(in: environment))
    }

    /// Serves the client whose connection is standard input, or listens until SIGTERM or SIGINT comes.
    ///
    /// - Returns: The exit code.
    func run() throws(CommandError) -> Int32 {
        guard isSocket(0) else { return try listen() }
        let stream: SocketStream
        do throws(SystemError) {
            stream = try SocketStream(Descriptor(owning: try systemCall("fcntl") { fcntl(0, F_DUPFD_CLOEXEC, 3) }))
        } catch {
            throw .failed("standard input cannot be used: \(error)", exitCode: 10)
        }
        // The stream has its own descriptor; these would keep the connection open, and lines of a log would reach the client.
        for number: Int32 in DescriptorStatus.isOne(0, and: 2) ? [0, 1, 2] : [0, 1] {
            Glibc.close(number)
            _ = openFile("/dev/null", O_RDWR)
        }
        return try serve(stream, from: stream.peerAddress?.description ?? ShellPeer.unnamed)
    }

    /// Serves one client.
    private func serve(_ stream: any ByteStream, from peer: String) throws(CommandError) -> Int32 {
        let log = try makeLog()
        let service = DaemonService(
            ConfigurationSource(path, overrides: overrides, first: configuration, log: log.output(of: configuration)),
            log: log,
            settings,
            environment: environment
        )
        let report = service.serve(stream, from: peer, slot: nil)
        return report.result?.exitCode ?? (report.refusal == nil ? 0 : 5)
    }

    private func listen() throws(CommandError) -> Int32 {
        let log = try makeLog()
        let output = log.output(of: configuration)
        ResourceLimit.openFiles.raise()
        let options = ExtraSocketOption.list(configuration.text(\.socketOptions))
        let listener = try makeListener(options.options)
        if !settings.staysInForeground, daemon(1, 0) != 0 {
            throw .failed("the daemon could not leave its terminal: \(SystemText(errno))", exitCode: 14)
        }
        let processIDFile = try writeProcessID()
        defer { processIDFile?.remove() }
        let (version, port) = (RsyncCommandLine.version, listener.address.port)
        output.line("dvm-rsync daemon version \(version) starting, listening on port \(port)")
        for name in options.unknown { output.line("Unknown socket option \(name)") }
        for notice in configuration.notices { output.line(notice) }
        if settings.verbosity > 0 { output.line("\(configuration.modules.count) modules") }
        let isRooted = !configuration.path(\.root).isEmpty
        let reachable = isRooted ? log.holding(configuration) : log
        try DaemonIdentity(configuration).assume()
        output.line(DaemonSandbox(configuration).confine())
        return try serve(listener, reachable, output, isFixed: isRooted)
    }

    private func makeListener(_ options: [ExtraSocketOption]) throws(CommandError) -> Listener {
        do throws(TransportError) {
            return try Listener(
                HostPort(host: configuration.text(\.address), port: configuration.globals.port),
                backlog: Int32(clamping: configuration.globals.backlog),
                isIPv4: settings.isIPv4,
                extras: options
            )
        } catch {
            throw .failed("\(error)", exitCode: 10)
        }
    }

    private func serve(
        _ listener: Listener,
        _ log: DaemonLog,
        _ output: any LineOutput,
        isFixed: Bool
    ) throws(CommandError) -> Int32 {
        let source = ConfigurationSource(
            path,
            overrides: overrides,
            first: configuration,
            log: output,
            isFixed: isFixed
        )
        let service = DaemonService(source, log: log, settings, environment: environment)
        let clients = DaemonClients()
        let reread: @Sendable () -> Void = {
            output.line("SIGHUP: reading the configuration again")
            _ = source.read()
        }
        let termination = try Termination(onHangUp: reread) { _ in listener.close() }
        let slots = LoginSlots(limit: Self.loginLimit)
        defer { slots.close() }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-login-time") { slots.watch() }
        } catch {
            throw .failed("no thread can be started: \(error)", exitCode: 14)
        }
        while let stream = next(of: listener, output), let slot = slots.enter(stream) {
            clients.start(stream) { _ = service.serve(stream, from: stream.peerDescription, slot: slot) }
        }
        guard let signal = termination.signal else { return 10 }
        // Stock's daemon, too, ends well by SIGTERM, which is how a container is stopped, and with code 20 by SIGINT.
        let code: Int32 = signal == SIGTERM ? 0 : 20
        output.line(code == 0 ? "SIGTERM: ending" : ExitText.line(code: code, role: "daemon"))
        clients.end()
        return code
    }

    private func next(of listener: Listener, _ log: any LineOutput) -> SocketStream? {
        do throws(TransportError) {
            return try listener.accept()
        } catch {
            if case .closed = error { return nil }
            log.line("\(error)")
            return nil
        }
    }

    /// Writes the pid file, if configured; it stays locked as long as the daemon runs.
    private func writeProcessID() throws(CommandError) -> ProcessIDFile? {
        let path = configuration.path(\.processIDFile)
        guard !path.isEmpty else { return nil }
        do throws(SystemError) {
            return try ProcessIDFile(path, isLocked: true)
        } catch {
            let step = ["fcntl": "lock", "write": "write"][error.operation] ?? "create"
            let name = String(decoding: path, as: UTF8.self)
            throw .failed("failed to \(step) pid file \(name): \(SystemText(error.number))", exitCode: 11)
        }
    }

    private func makeLog() throws(CommandError) -> DaemonLog {
        let open: @Sendable (_ path: [UInt8]) throws(CommandError) -> LogFile = { path throws(CommandError) in
            do throws(SystemError) {
                return try LogFile(path: path, by: PathRule(links: .everybodys))
            } catch {
                throw .failed(LogFile.failure(path, error), exitCode: 13)
            }
        }
        var override: LogFile?
        if let path = settings.logFile { override = try open(path) }
        return DaemonLog(
            open: open,
            override: override,
            fallback: LogFile(owning: Descriptor(owning: dup(2)))
        )
    }
}
