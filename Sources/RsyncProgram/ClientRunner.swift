import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import RsyncEngine
import RsyncOptions
import RsyncWire
import Transport
import VolumeAccess

/// Runs the client's side of a transfer.
struct ClientRunner {
    private let line: RsyncCommandLine
    private let output: ConsoleOutput
    private let environment: [String: String]
    private let progress = TransferProgress()
    private let highBytes: NameText.HighBytes

    init(_ line: RsyncCommandLine, output: ConsoleOutput, environment: [String: String]) {
        self.line = line
        self.output = output
        self.environment = environment
        highBytes = CharacterLocale.usesUTF8() ? .text : .escaped
    }

    /// Runs a transfer.
    ///
    /// - Returns: The exit code; errors have been printed.
    func run(_ job: TransferJob) throws(CommandError) -> Int32 {
        let log = openLog()
        // Both may be the same file.
        if log != nil, line.settings.buffering == nil { output.setBuffering(.line) }
        let printer = CommandPrinter(line, output: output, log: log, highBytes: highBytes, figures: progress)
        let start = ContinuousClock.now
        let interruption = try Interruption(output: output)
        if let stop = line.options.wire.stop { try interruption.come(at: stop) }
        var result: SessionResult
        var code: Int32
        switch job.carrier {
        case .local where !line.settings.passing.remoteOptions.isEmpty:
            (result, code) = try runServer(job, printer, interruption) { arguments throws(CommandError) in
                let words = line.options.wordsForBothSides + arguments.encoded
                return try RemoteShell([Array("dvm-rsync".utf8)] + words, at: Array("/proc/self/exe".utf8))
            }
        case .local:
            var transfer = LocalTransfer(options: line.options, observer: printer, progress: progress)
            try assumeUser()
            let (sources, failures) = try open(job.sources)
            transfer.failedSources = failures
            result = transfer.run(sources, into: DestinationArgument(path: job.destination))
            code = result.exitCode
        case .shell(let host):
            (result, code) = try runServer(job, printer, interruption) { arguments throws(CommandError) in
                try shell(shellWords(host) + arguments.shellWords, printer)
            }
        case .daemon(let host, let module, let overShell):
            (result, code) = try runDaemon(job, host, module, overShell, printer, interruption)
        }
        if let ended = interruption.code { code = ended }
        conclude(result, code, isPush: job.isPush, printer, elapsed: .now - start)
        return code
    }

    /// Shows a daemon's modules.
    ///
    /// - Returns: The exit code.
    func listModules(of host: RemoteHost, overShell: Bool) throws(CommandError) -> Int32 {
        let printer = CommandPrinter(line, output: output, log: nil, highBytes: highBytes)
        let result: SessionResult
        if overShell {
            let shell = try daemonShell(host, printer)
            result = try session(shell.stream, printer).listModules()
            shell.wait()
        } else {
            result = try session(connect(to: host, printer), printer).listModules()
        }
        if let failure = result.failure, !failure.isPeerExit { output.error(failure.line) }
        if result.exitCode != 0 { output.error(ExitText.line(code: result.exitCode, role: "Receiver")) }
        return result.exitCode
    }

    /// Opens the log; one that cannot be opened is reported and left out.
    private func openLog() -> LogFile? {
        guard let path = line.settings.logFile else { return nil }
        do throws(SystemError) {
            return try LogFile(path: path, by: line.options.selection.links.paths.unlimited)
        } catch {
            if let note = error.linkNote { output.error(note) }
            output.error("rsync: [client] \(LogFile.failure(path, error))")
            if !line.options.output.quiet { output.line("Ignoring \"log file\" setting.") }
            return nil
        }
    }

    // MARK: ends of a run

    private func conclude(
        _ result: SessionResult,
        _ code: Int32,
        isPush: Bool,
        _ printer: CommandPrinter,
        elapsed: Duration
    ) {
        if let failure = result.failure {
            if !failure.isPeerExit { printer.abandon(failure.line, result.statistics) }
        } else {
            printer.finish(result.statistics, elapsed: elapsed)
        }
        let role = isPush ? "sender" : "generator"
        // The peer has printed this line.
        if case .peerExit(code)? = result.failure { return }
        if code != 0 { printer.fail(ExitText.line(code: code, role: role)) }
    }

    /// Opens local sources.
    private func open(
        _ paths: [[UInt8]]
    ) throws(CommandError) -> (roots: [SourceRoot], failures: [SourceFailure]) {
        var resolver = SourceResolver(.user, line.options)
        do throws(EngineError) {
            return try resolver.open(paths)
        } catch {
            throw .failed("\(error)", exitCode: error.exitCode)
        }
    }

    // MARK: carriers

    /// Runs a transfer with a server that is started by a remote shell, or is this program: with `-M` the two ends of a
    /// local transfer have different options.
    private func runServer(
        _ job: TransferJob,
        _ printer: CommandPrinter,
        _ interruption: Interruption,
        start: (ServerArguments) throws(CommandError) -> RemoteShell
    ) throws(CommandError) -> (SessionResult, Int32) {
        let arguments = ServerArguments(
            options: line.options,
            isSender: !job.isPush,
            dialect: line.options.wire.dialect,
            paths: job.isPush ? [job.destination] : job.sources,
            passing: line.settings.passing
        )
        let shell = try start(arguments)
        interruption.cut(shell.stream)
        try assumeUser()
        var session = try session(shell.stream, printer)
        let direction = try direction(of: job, &session)
        let result = session.run(direction)
        let ending = shell.wait()
        let isBroken = result.failure != nil
        return (result, ShellExit.code(own: result.exitCode, isBroken: isBroken, isPush: job.isPush, ending: ending))
    }

    private func runDaemon(
        _ job: TransferJob,
        _ host: RemoteHost,
        _ module: [UInt8],
        _ overShell: Bool,
        _ printer: CommandPrinter,
        _ interruption: Interruption
    ) throws(CommandError) -> (SessionResult, Int32) {
        let source = PasswordSource(
            file: line.settings.connection.passwordFile,
            rule: line.options.selection.links.paths.unlimited,
            environment: environment
        )
        let user = host.user ?? environment["USER"] ?? environment["LOGNAME"] ?? "nobody"
        // Another user may not be able to read the file.
        let password = line.options.attributes.copyAs != nil && source.file != nil ? try read(source) : nil
        let login = ClientSession.Login(user: user) { () throws(EngineError) in
            if let password { return password }
            return try source.password()
        }
        let result: SessionResult
        var ending = ChildProgram.Ending?.some(.exited(0))
        if overShell {
            let shell = try daemonShell(host, printer)
            interruption.cut(shell.stream)
            try assumeUser()
            var session = try session(shell.stream, printer)
            let direction = try direction(of: job, &session)
            result = session.run(module: module, direction, login: login)
            ending = shell.wait()
        } else {
            let stream = try connect(to: host, printer)
            interruption.cut(stream)
            try assumeUser()
            var session = try session(stream, printer)
            let direction = try direction(of: job, &session)
            result = session.run(module: module, direction, login: login)
        }
        // A daemon reports why it closes the connection, so only a finished session leaves the code to the shell.
        guard result.failure == nil else { return (result, result.exitCode) }
        return (result, ShellExit.code(own: result.exitCode, isBroken: false, isPush: job.isPush, ending: ending))
    }

    private func read(_ source: PasswordSource) throws(CommandError) -> [UInt8] {
        do throws(EngineError) {
            return try source.password()
        } catch {
            throw .failed("\(error)", exitCode: error.exitCode)
        }
    }

    /// Becomes the user of `--copy-as`, once connected and before any file of the transfer is opened.
    private func assumeUser() throws(CommandError) {
        do throws(EngineError) {
            try ProcessUser.assume(copyAs: line.options.attributes.copyAs)
        } catch {
            throw .failed("\(error)", exitCode: error.exitCode)
        }
    }

    private func session(_ stream: any ByteStream, _ printer: CommandPrinter) throws(CommandError) -> ClientSession {
        var session = ClientSession(stream: stream, options: line.options, observer: printer, progress: progress)
        session.passing = line.settings.passing
        session.earlyInput = try line.settings.connection.earlyInput.map(EarlyInput.read) ?? []
        return session
    }

    /// The direction of a job; `session` gets the sources that cannot be opened.
    private func direction(
        of job: TransferJob,
        _ session: inout ClientSession
    ) throws(CommandError) -> ClientSession.Direction {
        guard job.isPush else { return .pull(job.sources, into: DestinationArgument(path: job.destination)) }
        let (sources, failures) = try open(job.sources)
        session.failedSources = failures
        return .push(sources, to: job.destination)
    }

    /// The shell's command, the host, and the program to start there.
    private func shellWords(_ host: RemoteHost) throws(CommandError) -> [[UInt8]] {
        let command = line.settings.shell ?? Array((environment["RSYNC_RSH"] ?? "ssh").utf8)
        var words = try ShellCommand.words(of: command)
        let isSSH = words.first.map { PathParts($0).leaf } == Array("ssh".utf8)
        if let user = host.user { words += [Array("-l".utf8), Array(user.utf8)] }
        if let isIPv4 = line.settings.connection.isIPv4, isSSH { words.append(Array((isIPv4 ? "-4" : "-6").utf8)) }
        return words + [Array(host.host.utf8), line.settings.serverProgram]
    }

    private func daemonShell(_ host: RemoteHost, _ printer: CommandPrinter) throws(CommandError) -> RemoteShell {
        try shell(
            shellWords(host) + ["--server", "--daemon", "."].map { Array($0.utf8) },
            printer,
            port: host.port ?? line.settings.connection.port ?? 0
        )
    }

    private func shell(
        _ words: [[UInt8]],
        _ printer: CommandPrinter,
        port: UInt16? = nil
    ) throws(CommandError) -> RemoteShell {
        if line.options.output.debugLevel(.cmd) > 0 {
            printer.information(Array("opening connection using: ".utf8) + ArgumentQuoting.shown(words))
        }
        return try RemoteShell(words, port: port)
    }

    private func connect(to host: RemoteHost, _ printer: CommandPrinter) throws(CommandError) -> SocketStream {
        let isMentioned = line.options.output.debugLevel(.connect) > 0
        let connector = DaemonConnector(
            settings: line.settings.connection,
            environment: environment,
            output: output,
            mention: { if isMentioned { printer.message($0, .info) } }
        )
        return try connector.connect(to: host)
    }
}
