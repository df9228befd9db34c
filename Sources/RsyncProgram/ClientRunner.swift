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
    private static let daemonPort: UInt16 = 873
    /// The system's own limit for one address is about two minutes.
    private static let usualConnectLimit = Duration.seconds(300)

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
        var log: LogFile?
        if let path = line.settings.logFile { log = try LogFile(path: path) }
        let printer = CommandPrinter(line, output: output, log: log, highBytes: highBytes, figures: progress)
        let start = ContinuousClock.now
        let interruption = try Interruption(output: output)
        if let stop = line.settings.stop { try interruption.come(at: stop) }
        var result: SessionResult
        var code: Int32
        switch job.carrier {
        case .local:
            let transfer = LocalTransfer(options: line.options, observer: printer, progress: progress)
            try assumeUser()
            let (sources, missing) = try open(job.sources)
            result = transfer.run(sources, into: DestinationArgument(path: job.destination))
            code = result.exitCode == 0 && missing ? 23 : result.exitCode
        case .shell(let host):
            (result, code) = try runShell(job, host, printer, interruption)
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
            let shell = try daemonShell(host)
            result = ClientSession(stream: shell.stream, options: line.options, observer: printer).listModules()
            shell.wait()
        } else {
            result = ClientSession(stream: try connect(to: host), options: line.options, observer: printer)
                .listModules()
        }
        if let failure = result.failure { explain(failure) }
        if result.exitCode != 0 { output.error(ExitText.line(code: result.exitCode, role: "Receiver")) }
        return result.exitCode
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
            explain(failure)
        } else {
            printer.finish(result.statistics, elapsed: elapsed)
        }
        let role = isPush ? "sender" : "generator"
        if code != 0 { printer.fail(ExitText.line(code: code, role: role)) }
    }

    private func explain(_ failure: EngineError) {
        if case .peerExit = failure { return }
        let text = "\(failure)"
        output.error(text.hasPrefix("@ERROR") || text.hasPrefix("rsync: ") ? text : "rsync: \(text)")
    }

    /// Opens local sources; a missing one is reported and skipped.
    private func open(_ paths: [[UInt8]]) throws(CommandError) -> (sources: [SourceRoot], isIncomplete: Bool) {
        var sources: [SourceRoot] = []
        var isIncomplete = false
        var resolver = SourceResolver(.user, line.options.selection)
        for path in paths {
            do throws(VolumeError) {
                sources.append(try resolver.resolve(path))
            } catch {
                if let refusal = SourceResolver.refusal(of: path, error) ?? resolver.failure(of: path, error) {
                    throw .failed("\(refusal)", exitCode: refusal.exitCode)
                }
                if error.isMissing, line.options.selection.ignoresMissing { continue }
                isIncomplete = true
                output.error(resolver.describe(path, error))
            }
        }
        return (sources, isIncomplete)
    }

    // MARK: carriers

    private func runShell(
        _ job: TransferJob,
        _ host: RemoteHost,
        _ printer: CommandPrinter,
        _ interruption: Interruption
    ) throws(CommandError) -> (SessionResult, Int32) {
        var arguments = ServerArguments(
            options: line.options,
            isSender: !job.isPush,
            dialect: Dialect(line.options.wire.protocolVersion),
            paths: job.isPush ? [job.destination] : job.sources
        )
        if line.settings.secludesArguments { arguments.seclude() }
        let shell = try RemoteShell(shellWords(host) + arguments.shellWords)
        interruption.cut(shell.stream)
        try assumeUser()
        let (direction, isIncomplete) = try direction(of: job)
        let result = session(shell.stream, printer).run(direction)
        let own = result.exitCode == 0 && isIncomplete ? 23 : result.exitCode
        let code = ShellExit.code(own: own, isBroken: result.failure != nil, isPush: job.isPush, ending: shell.wait())
        return (result, code)
    }

    private func runDaemon(
        _ job: TransferJob,
        _ host: RemoteHost,
        _ module: [UInt8],
        _ overShell: Bool,
        _ printer: CommandPrinter,
        _ interruption: Interruption
    ) throws(CommandError) -> (SessionResult, Int32) {
        let source = PasswordSource(file: line.settings.passwordFile, environment: environment)
        let user = host.user ?? environment["USER"] ?? environment["LOGNAME"] ?? "nobody"
        // Another user may not be able to read the file.
        let password = line.options.attributes.copyAs != nil && source.file != nil ? try read(source) : nil
        let login = ClientSession.Login(user: user) { () throws(EngineError) in
            if let password { return password }
            return try source.password()
        }
        let result: SessionResult
        let isIncomplete: Bool
        let direction: ClientSession.Direction
        var ending = ChildProgram.Ending?.some(.exited(0))
        if overShell {
            let shell = try daemonShell(host)
            interruption.cut(shell.stream)
            try assumeUser()
            (direction, isIncomplete) = try self.direction(of: job)
            result = session(shell.stream, printer).run(module: module, direction, login: login)
            ending = shell.wait()
        } else {
            let stream = try connect(to: host)
            interruption.cut(stream)
            try assumeUser()
            (direction, isIncomplete) = try self.direction(of: job)
            result = session(stream, printer).run(module: module, direction, login: login)
        }
        let own = result.exitCode == 0 && isIncomplete ? 23 : result.exitCode
        // A daemon reports why it closes the connection, so only a finished session leaves the code to the shell.
        return (
            result,
            result.failure != nil ? own : ShellExit.code(own: own, isBroken: false, isPush: job.isPush, ending: ending)
        )
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

    private func session(_ stream: any ByteStream, _ printer: CommandPrinter) -> ClientSession {
        var session = ClientSession(stream: stream, options: line.options, observer: printer, progress: progress)
        session.secludesArguments = line.settings.secludesArguments
        return session
    }

    private func direction(of job: TransferJob) throws(CommandError) -> (ClientSession.Direction, isIncomplete: Bool) {
        guard job.isPush else {
            return (.pull(job.sources, into: DestinationArgument(path: job.destination)), false)
        }
        let (sources, isIncomplete) = try open(job.sources)
        return (.push(sources, to: job.destination), isIncomplete)
    }

    /// The shell's command, the host, and the program to start there.
    private func shellWords(_ host: RemoteHost) throws(CommandError) -> [[UInt8]] {
        let command = line.settings.shell ?? Array((environment["RSYNC_RSH"] ?? "ssh").utf8)
        var words = try ShellCommand.words(of: command)
        if let user = host.user { words += [Array("-l".utf8), Array(user.utf8)] }
        return words + [Array(host.host.utf8), line.settings.serverProgram]
    }

    private func daemonShell(_ host: RemoteHost) throws(CommandError) -> RemoteShell {
        try RemoteShell(shellWords(host) + ["--server", "--daemon", "."].map { Array($0.utf8) })
    }

    private func connect(to host: RemoteHost) throws(CommandError) -> SocketStream {
        let limit = line.settings.connectTimeout
        let target = HostPort(host: host.host, port: host.port ?? line.settings.port ?? Self.daemonPort)
        do throws(TransportError) {
            return try dial(target, within: limit > 0 ? .seconds(limit) : Self.usualConnectLimit)
        } catch {
            if case .timedOut = error {
                throw .failed("rsync: failed to connect to \(target): \(error)", exitCode: limit > 0 ? 35 : 10)
            }
            throw .failed("rsync: failed to connect to \(target): \(error)", exitCode: 10)
        }
    }
}
