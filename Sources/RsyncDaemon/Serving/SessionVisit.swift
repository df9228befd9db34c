import Glibc
import LinuxSystem
import RsyncCommand
import RsyncEngine
import RsyncOptions
import Synchronization
import VolumeAccess

/// The log of a visit that has not begun.
private struct NoLog: LineOutput {
    func line(_ text: [UInt8]) {}
}

/// One client's visit to a module of a configuration: limits, identity, commands and log.
///
/// ## Concurrency model
/// The state is used by the connection's thread only; its lock makes that visible to the compiler.
final class SessionVisit: ModuleVisit {
    private struct State {
        var variables: SessionVariables
        /// The module's log, once the variables in its name and tag are known.
        var log: any LineOutput = NoLog()
        var slot: ConnectionLock?
        var identity: ServingIdentity?
        /// What follows the session.
        var follower = VisitObserver(log: NoLog())
        /// Where the module's directory is for rsync.
        var root = ModuleRoot([], usesChroot: nil, isSuperuser: true)
        /// The role whose end is logged (`--debug=exit`); nil where it is not.
        var endingRole: String?
    }

    private let settings: ModuleSettings
    private let client: ClientHost
    private let login: ModuleLogin?
    private let openLog: @Sendable (SessionVariables) -> any LineOutput
    private let bandwidthLimit: Int64
    private let verbosity: Int
    private let state: Mutex<State>
    var observer: any TransferObserver { follower }
    private var log: any LineOutput { state.withLock { $0.log } }
    private var follower: VisitObserver { state.withLock { $0.follower } }

    /// Prepares a visit.
    ///
    /// - Parameters:
    ///   - settings: The module.
    ///   - client: The address and name that the connection comes from.
    ///   - login: Its login; nil where no password is needed.
    ///   - bandwidthLimit: The most that is sent, in KiB/s; 0 for no limit.
    ///   - verbosity: How many `-v` the daemon was started with.
    ///   - number: A number that no other visit of this process has.
    ///   - openLog: Opens the module's log, by the variables of the visit.
    init(
        _ settings: ModuleSettings,
        _ client: ClientHost,
        _ login: ModuleLogin?,
        bandwidthLimit: Int64,
        verbosity: Int,
        number: Int,
        openLog: @escaping @Sendable (SessionVariables) -> any LineOutput
    ) {
        (self.settings, self.client, self.login, self.openLog) = (settings, client, login, openLog)
        (self.bandwidthLimit, self.verbosity) = (bandwidthLimit, verbosity)
        var variables = SessionVariables()
        variables.set("RSYNC_MODULE_NAME", settings.name)
        variables.set("RSYNC_HOST_ADDR", client.text)
        variables.set("RSYNC_PID", "\(number)")
        state = Mutex(State(variables: variables))
    }

    /// How the log names the client.
    private var shownClient: String { client.shown }

    private var variables: SessionVariables { state.withLock { $0.variables } }

    func rejectLogin() { login?.reject() }

    func begin(user: [UInt8], earlyInput: [UInt8], _ module: inout DaemonModule) -> [UInt8]? {
        state.withLock { state in
            state.variables.set("RSYNC_USER_NAME", user)
            state.variables.set("RSYNC_HOST_NAME", client.shownName)
            state.log = openLog(state.variables)
            state.follower = VisitObserver(log: state.log)
        }
        if let isReadOnly = login?.isReadOnly(user) { module.isReadOnly = isReadOnly }
        if let text = takeSlot() ?? open(&module) ?? runEarlyCommand(earlyInput) {
            return text
        }
        return nil
    }

    /// Takes one of the module's connection slots.
    private func takeSlot() -> [UInt8]? {
        let limit = settings.connectionLimit
        guard limit != 0 else { return nil }
        let path = variables.expand(settings.lockFile)
        do throws(ConnectionLock.Refusal) {
            let slot = try ConnectionLock(path, limit: limit)
            state.withLock { $0.slot = slot }
            return nil
        } catch {
            switch error {
            case .full:
                log.line("max connections (\(limit)) reached")
                return Array("max connections (\(limit)) reached -- try again later".utf8)
            case .unusable(let cause):
                let reason = "\(SystemError.text(of: cause.number)) (\(cause.number))"
                log.line("failed to open lock file \(PrintableText.ofPeer(path)): \(reason)")
                return Array("failed to open lock file".utf8)
            }
        }
    }

    /// Finds the identity and opens the directory.
    private func open(_ module: inout DaemonModule) -> [UInt8]? {
        let variables = variables
        let isRoot = geteuid() == 0
        do throws(ServingIdentity.Refusal) {
            let identity = try ServingIdentity.find(
                user: variables.expand(settings.user),
                group: variables.expand(settings.group),
                isRoot: isRoot
            )
            state.withLock { $0.identity = identity }
        } catch {
            log.line(String(decoding: error.text, as: UTF8.self) + (error.detail.isEmpty ? "" : ": \(error.detail)"))
            return error.text
        }
        let path = variables.expand(settings.path)
        guard !path.isEmpty else {
            log.line("No path specified for module \(PrintableText.ofPeer(settings.name))")
            return Array("no path setting.".utf8)
        }
        state.withLock { $0.variables.set("RSYNC_MODULE_PATH", path) }
        let root = ModuleRoot(path, usesChroot: settings.usesChroot, isSuperuser: isRoot)
        state.withLock { $0.root = root }
        module.isRoot = root.isRoot
        module.forcesNumericIDs = settings.usesNumericIDs ?? root.isChrooted
        let operation = root.isChrooted ? "chroot" : "chdir"
        do throws(VolumeError) {
            module.volume = try Volume.open(path: path.span, simulating: settings.isFakeSuper)
        } catch {
            let reason = error.number.map { "\(SystemError.text(of: $0)) (\($0))" } ?? "\(error)"
            log.line("rsync: \(operation)(\"\(PrintableText.ofPeer(path))\") failed: \(reason)")
            return Array("\(operation) failed".utf8)
        }
        return settings.mungesLinks ?? !root.isRoot ? checkMunging(root) : nil
    }

    /// Refuses a module in which stored targets could be followed after all.
    private func checkMunging(_ root: ModuleRoot) -> [UInt8]? {
        do throws(VolumeError) {
            _ = try Volume.open(path: root.mungedDirectory.span)
            let shown = PrintableText.ofPeer(root.mungedDirectory)
            log.line("\(shown) exists: munged symbolic links would point into it (munge symlinks)")
            return Array("daemon security issue -- contact admin".utf8)
        } catch {
            return nil
        }
    }

    private func runEarlyCommand(_ input: [UInt8]) -> [UInt8]? {
        var variables = variables
        variables.set("RSYNC_REQUEST", "(NONE)")
        guard let command = HookCommand(settings.earlyCommand, variables) else { return nil }
        let outcome: HookCommand.Outcome
        do throws(HookCommand.Flaw) {
            outcome = try command.run(input: input)
        } catch {
            log.line("early exec failed: \(error)")
            return Array("early exec failed".utf8)
        }
        guard outcome.status != 0 else { return nil }
        log.line("early exec returned failure (\(outcome.status))")
        return Array("early exec failed".utf8)
    }

    func prepare(_ request: inout VisitRequest) -> EngineError? {
        let requested = request.requested.map { PrintableText.ofPeer($0) }.joined(separator: " ")
        let user = PrintableText.ofPeer(variables.value("RSYNC_USER_NAME") ?? [])
        let from = user.isEmpty ? shownClient : "\(user)@\(shownClient)"
        log.line("rsync \(request.isSender ? "on" : "to") \(requested) from \(from)")
        do throws(FilterError) {
            try apply(to: &request)
        } catch {
            log.line("the module's filter rules cannot be used: \(error)")
            return .usage("ERROR: the module's filter rules cannot be used", exitCode: 3)
        }
        followFiles(of: request)
        return runCommandBefore(request)
    }

    /// Prepares the lines of `transfer logging`.
    private func followFiles(of request: VisitRequest) {
        guard settings.logsTransfers else { return }
        let variables = variables
        let session = TransferLog.Session(
            client: client,
            module: settings.name,
            path: variables.value("RSYNC_MODULE_PATH") ?? [],
            user: variables.value("RSYNC_USER_NAME") ?? []
        )
        let files = TransferLog(variables.expand(settings.logFormat), session, request.options)
        let follower = VisitObserver(log: log, files: files)
        state.withLock { $0.follower = follower }
    }

    /// Sets the options that the module's parameters decide.
    private func apply(to request: inout VisitRequest) throws(FilterError) {
        let variables = variables
        request.options.selection.moduleFilters = try ModuleRules(settings, variables).list()
        request.options.selection.ignoresUnreadable = settings.ignoresUnreadable && request.isSender
        let root = state.withLock { $0.root }
        request.options.selection.links.munges = settings.mungesLinks ?? !root.isRoot
        request.options.selection.links.confinesTargets = !root.isRoot
        // A link could lead to what filter rules hide.
        if request.options.selection.moduleFilters.isEmpty { request.options.selection.links.paths.links = .trusted }
        let temporary = variables.expand(settings.temporaryDirectory)
        if !temporary.isEmpty {
            request.options.placement.temporaryDirectory = root.inside(temporary)
            if root.inside(temporary) == nil { log.line("temp dir is outside the module and is ignored") }
        }
        if settings.ignoresErrors { request.options.deletion.ignoreErrors = true }
        if settings.isFakeSuper {
            request.options.attributes.privileges = .simulated
        } else if case .simulated = request.options.attributes.privileges {
            request.options.attributes.privileges = .ofUser
        }
        request.options.attributes.modeChanges = request.isSender ? settings.outgoingModes : settings.incomingModes
        if settings.uncompressed.raw == [UInt8(ascii: "*")], request.isSender, request.options.wire.compress {
            request.options.wire.compressLevel = 1
        }
        limitMessages(of: &request)
        let limit = request.options.wire.bandwidthLimit
        if bandwidthLimit > 0, limit == 0 || limit > bandwidthLimit {
            request.options.wire.bandwidthLimit = bandwidthLimit
        }
    }

    /// Applies `max verbosity`, and finds whether the end of the session is logged: the daemon's own `-v` count for its log.
    private func limitMessages(of request: inout VisitRequest) {
        let most = max(0, settings.largestVerbosity)
        let inLog = min(verbosity + request.options.output.verbosity, most)
        request.options.output.verbosity = min(request.options.output.verbosity, most)
        request.options.output.info.limit(to: most)
        request.options.output.debug.limit(to: most)
        guard request.options.output.debug.level(of: .exit, verbosity: inLog) > 0 else { return }
        let role = request.isSender ? "sender" : "generator"
        state.withLock { $0.endingRole = role }
    }

    /// Runs `pre-xfer exec`, which may prevent the session.
    private func runCommandBefore(_ request: VisitRequest) -> EngineError? {
        var variables = variables
        variables.set("RSYNC_REQUEST", Array(request.requested.joined(separator: [32])))
        let words = [Array("rsyncd".utf8)] + request.words + [[UInt8(ascii: ".")]]
        let paths = request.requested.map(withoutModule)
        for (index, word) in (words + paths).enumerated() { variables.set("RSYNC_ARG\(index)", word) }
        guard let command = HookCommand(settings.commandBefore, variables) else { return nil }
        let outcome: HookCommand.Outcome
        do throws(HookCommand.Flaw) {
            outcome = try command.run(keepsOutput: true)
        } catch {
            return .usage("\(error)", exitCode: 4)
        }
        guard outcome.status != 0 else { return nil }
        let text = String(decoding: outcome.output, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { PrintableText.ofPeer(String($0)) }
        let head = "pre-xfer exec returned failure (\(outcome.status))"
        return .usage(([head + (lines.isEmpty ? "" : ":")] + lines).joined(separator: "\n"), exitCode: 4)
    }

    /// A requested path without the module's name in front.
    private func withoutModule(_ path: [UInt8]) -> [UInt8] {
        path.starts(with: settings.name) ? Array(path.dropFirst(settings.name.count)) : path
    }

    func run(_ session: () -> SessionResult) -> SessionResult {
        let identity = state.withLock { $0.identity }
        var result: SessionResult
        do throws(ServingIdentity.Refusal) {
            result = try identity?.run(session) ?? session()
        } catch {
            log.line("\(String(decoding: error.text, as: UTF8.self)): \(error.detail)")
            result = SessionResult(failure: .usage(String(decoding: error.text, as: UTF8.self), exitCode: 5))
        }
        report(result)
        if let role = state.withLock({ $0.endingRole }) {
            // The script of a transfer pod may wait for the second word (docs/movers.md, pvc-transfer).
            let code = result.exitCode
            log.line("[\(role)] _exit_cleanup(code=\(code), file=dvm-rsync, line=0): about to call exit(\(code))")
        }
        end(status: result.exitCode)
        return result
    }

    private func report(_ result: SessionResult) {
        let statistics = result.statistics
        if let failure = result.failure {
            if follower.hasToldEnd { return }
            for line in "\(failure)".split(separator: "\n") { log.line(String(line)) }
            return log.line(ExitText.line(code: result.exitCode, role: "daemon"))
        }
        log.line(
            "sent \(statistics.bytesSent) bytes  received \(statistics.bytesReceived) bytes  "
                + "total size \(statistics.totalSize)"
        )
    }

    func abandon() { end(status: -1) }

    /// Runs `post-xfer exec` and releases the slot.
    private func end(status: Int32) {
        defer { state.withLock { $0.slot = nil } }
        var variables = variables
        variables.set("RSYNC_EXIT_STATUS", "\(status)")
        variables.set("RSYNC_RAW_STATUS", "\(status < 0 ? status : status << 8)")
        guard let command = HookCommand(settings.commandAfter, variables) else { return }
        do throws(HookCommand.Flaw) {
            _ = try command.run()
        } catch {
            log.line("post-xfer exec failed: \(error)")
        }
    }
}
