package import Checksums
import LinuxSystem
package import RsyncOptions
import RsyncWire
package import Transport
import VolumeAccess

/// The daemon's side of a connection (protocol specification, session 3).
///
/// Blocks the calling thread; run it on its own thread.
package struct DaemonSession {
    /// The time limit for each step until the client's arguments are complete, in seconds (protocol specification,
    /// session 10.3).
    private static let handshakeTimeout = 60
    /// The delay before a wrong password is rejected, to slow down guessing.
    private static let penalty = Duration.seconds(1)

    private let catalogue: any DaemonCatalogue
    private let observer: any TransferObserver
    private let progress: TransferProgress
    private let keepAlive: Duration?
    private let synchronizes: Bool
    private let silenceLimit: Duration?
    private let digests: [AuthenticationDigest]
    private let loginSlot: LoginSlot?
    private let connection: (any DaemonConnection)?
    private let preferences: TransferOptions.Preferences

    /// The client and the outcome of its connection.
    package struct Report: Sendable {
        /// The module, if one was chosen.
        package var module: [UInt8] = []
        /// The authenticated user.
        package var user: [UInt8] = []
        /// Whether files were sent to the client.
        package var isSender = false
        /// The session's result; nil when no session began (a listing or a refusal).
        package var result: SessionResult?
        /// Whether the client got the list of modules.
        package var isListing = false
        /// Why the client was rejected.
        package var refusal: String?
        /// Whether the connection broke, or was closed for what the client sent, before a session began.
        package var isBroken = false
        /// Whether it was rejected because it supports none of the digests that are accepted here.
        package var lacksDigest = false
        /// What the module gave the session to retain until it ends.
        package var hold: (any AnyObject & Sendable)?
        /// Whether it was rejected for a wrong password or an unknown user.
        package var isWrongPassword = false
        /// Why this side closed the connection before the client had logged in; nil if it did not.
        package var endReason: LoginSlots.EndReason?

        package init() {}
    }

    /// Prepares a session.
    ///
    /// - Parameters:
    ///   - catalogue: The modules to serve.
    ///   - observer: Follows the session.
    ///   - progress: Counters for a progress display.
    ///   - digests: The digests accepted for authentication, strongest first.
    ///   - silenceLimit: The longest that a client may send nothing; nil for the usual timeouts.
    ///   - keepAlive: The longest interval between this side's keep-alives; nil derives it from the client's timeout.
    ///   - synchronizes: Whether every push ends as with `--fsync`, whatever the client requests.
    ///   - loginSlot: The connection's slot before login; nil when there is no limit.
    ///   - connection: The connection that the session runs over; nil when only the stream is known.
    ///   - preferences: The checksums and compressors that may be negotiated.
    package init(
        catalogue: any DaemonCatalogue,
        observer: any TransferObserver,
        progress: TransferProgress = TransferProgress(),
        digests: [AuthenticationDigest] = AuthenticationExchange.available,
        silenceLimit: Duration? = nil,
        keepAlive: Duration? = nil,
        synchronizes: Bool = false,
        loginSlot: LoginSlot? = nil,
        connection: (any DaemonConnection)? = nil,
        preferences: TransferOptions.Preferences = TransferOptions.Preferences()
    ) {
        self.preferences = preferences
        self.digests = digests
        self.silenceLimit = silenceLimit
        self.synchronizes = synchronizes
        self.loginSlot = loginSlot
        self.connection = connection
        self.keepAlive = keepAlive
        self.catalogue = catalogue
        self.observer = observer
        self.progress = progress
    }

    /// Serves one client.
    ///
    /// - Parameter stream: The connection to the client; closed when the session ends.
    /// - Returns: What happened.
    package func run(over stream: any ByteStream) -> Report {
        var report = Report()
        let channel = SessionChannel(stranger: stream)
        channel.setTimeout(seconds: Self.handshakeTimeout)
        do throws(WireError) {
            if let request = try admit(channel, &report) {
                report.isSender = request.arguments.isSender
                report.result = serve(request, over: channel)
                return report
            }
            channel.close(after: .refused(report.refusal ?? ""))
        } catch {
            report.endReason = loginSlot?.endReason
            report.refusal = "\(error)"
            report.isBroken = true
            channel.close(after: .wire(error))
        }
        return report
    }

    private func serve(_ request: Admitted, over channel: SessionChannel) -> SessionResult {
        var session = ServerSession(observer: request.visit?.observer ?? observer, progress: progress)
        session.stop = connection?.stop
        let run = { [session] in
            session.serve(request.arguments, version: request.version, place: request.place, over: channel)
        }
        return request.visit?.run(run) ?? run()
    }

    private struct Admitted {
        let arguments: ServerArguments
        let version: Int32
        let place: ServedPlace
        let visit: (any ModuleVisit)?
    }

    /// Performs the text part: greeting, module, password, arguments.
    ///
    /// - Returns: Nil if the client got a listing, or was rejected with `report.refusal`.
    private func admit(_ channel: SessionChannel, _ report: inout Report) throws(WireError) -> Admitted? {
        let server = DaemonServer(digests: digests, input: channel.input, output: channel.output)
        let greeting = try server.greet(messageOfTheDay: catalogue.messageOfTheDay)
        report.lacksDigest =
            AuthenticationExchange.serverChoice(
                clientNames: greeting.digests,
                offered: digests,
                in: Dialect(greeting.settled(own: Dialect.newest.version))
            ) == nil
        loginSlot?.advance(to: .greeted)
        guard case .module(let name, let earlyInput) = try server.request() else {
            try server.list(catalogue.listedModules)
            report.isListing = true
            return nil
        }
        loginSlot?.advance(to: .challenged)
        report.module = name
        // Where every client must authenticate first, no other client learns which modules exist.
        if let proof = catalogue.proof, try !authenticate(server, greeting, proof, &report) { return nil }
        switch catalogue.module(named: name, for: channel.stream.peerDescription) {
        case .refused(let text):
            return try refuse(server, text, &report)
        case .module(var module):
            if let proof = module.proof, try !login(module, server, greeting, proof, &report) {
                module.visit?.rejectLogin()
                return nil
            }
            if let text = try begin(&module, earlyInput, over: channel, &report) {
                return try refuse(server, text, &report)
            }
            do throws(WireError) {
                try server.accept()
                let version = greeting.settled(own: Dialect.newest.version)
                return try readArguments(channel, module, version: version, &report)
            } catch {
                module.visit?.abandon()
                throw error
            }
        }
    }

    /// Authenticates the client for a module; one without a digest that the module accepts gets no challenge.
    private func login(
        _ module: DaemonModule,
        _ server: DaemonServer,
        _ greeting: Greeting,
        _ proof: DaemonModule.Proof,
        _ report: inout Report
    ) throws(WireError) -> Bool {
        if let accepted = module.digests {
            let choice = AuthenticationExchange.serverChoice(
                clientNames: greeting.digests,
                offered: digests.filter(accepted.contains),
                in: Dialect(greeting.settled(own: Dialect.newest.version))
            )
            guard choice != nil else { return try rejectLogin(server, &report) }
        }
        return try authenticate(server, greeting, proof, &report)
    }

    /// Authenticates the client; a wrong password is rejected after a delay, which holds up no other connection.
    private func authenticate(
        _ server: DaemonServer,
        _ greeting: Greeting,
        _ proof: DaemonModule.Proof,
        _ report: inout Report
    ) throws(WireError) -> Bool {
        if let user = try server.authenticate(greeting, proof: proof) {
            report.user = user
            return true
        }
        return try rejectLogin(server, &report)
    }

    private func rejectLogin(_ server: DaemonServer, _ report: inout Report) throws(WireError) -> Bool {
        _ = BoundedQueue<Never>(capacity: 1, name: "penalty for a wrong password").pop(within: Self.penalty)
        report.isWrongPassword = true
        try server.refuse(Array("auth failed on module ".utf8) + report.module)
        report.refusal = "auth failed on module \(PrintableText.path(report.module))"
        return false
    }

    /// Turns the connection into a session: releases its slot before login and takes a session's.
    ///
    /// - Returns: The reason for refusing, for the client; nil on success.
    private func begin(
        _ module: inout DaemonModule,
        _ earlyInput: [UInt8],
        over channel: SessionChannel,
        _ report: inout Report
    ) throws(WireError) -> [UInt8]? {
        if let loginSlot, !loginSlot.leave() { throw .ended(field: "the login") }
        if let text = connection?.beginSession() { return text }
        if let text = module.visit?.begin(user: report.user, earlyInput: earlyInput, &module) { return text }
        do throws(EngineError) {
            try channel.readAhead()
        } catch {
            return Array("\(error)".utf8)
        }
        return nil
    }

    private func refuse(_ server: DaemonServer, _ text: [UInt8], _ report: inout Report) throws(WireError) -> Admitted?
    {
        try server.refuse(text)
        report.refusal = PrintableText.escaped(text)
        return nil
    }

    private func readArguments(
        _ channel: SessionChannel,
        _ module: DaemonModule,
        version: Int32,
        _ report: inout Report
    ) throws(WireError) -> Admitted {
        let vector = try argumentVector(channel, in: Dialect(version))
        var arguments = ServerArguments(parsing: vector, from: .daemon)
        let refused = module.refusals.first(
            of: arguments.used,
            in: arguments.options,
            isSender: arguments.isSender
        )
        let isSecluded = arguments.isSecluded
        let isRelative = arguments.options.selection.relative
        let words = vector.prefix { $0 != [UInt8(ascii: ".")] }
        arguments.paths = arguments.paths.flatMap {
            ArgumentQuoting.modulePaths($0, module: module.name, isSecluded: isSecluded, keepsMark: isRelative)
        }
        settle(&arguments.options, for: module)
        var place = ServedPlace(base: module.volume, module: module.name)
        open(module, arguments, channel, &place, &report)
        place.isRoot = module.isRoot
        place.isReadOnly = module.isReadOnly
        place.isWriteOnly = module.isWriteOnly
        place.mapsNames = !module.forcesNumericIDs
        if !module.isRoot { arguments.options.placement.keepBelowDestination() }
        place.optionRefusal = place.optionRefusal ?? Self.refusal(of: arguments.options, configured: refused)
        arguments.options.placement.settleBackups()
        if let visit = module.visit {
            var request = VisitRequest(
                words: Array(words),
                requested: Array(vector.dropFirst(words.count + 1)),
                paths: arguments.paths,
                isSender: arguments.isSender,
                options: arguments.options
            )
            let refusal = visit.prepare(&request)
            // The module's own directory for temporary files may be hidden: the client's options are checked.
            let placement = arguments.options.placement
            arguments.options = request.options
            if place.optionRefusal == nil {
                place.optionRefusal = refusal ?? Self.refusal(of: placement, for: arguments)
            }
        }
        return Admitted(arguments: arguments, version: version, place: place, visit: module.visit)
    }

    /// Reads the client's arguments, all of them if most are secluded.
    private func argumentVector(_ channel: SessionChannel, in dialect: Dialect) throws(WireError) -> [[UInt8]] {
        let vector = try ArgumentStream.read(from: channel.input, in: dialect)
        guard ServerArguments(parsing: vector, from: .daemon).isSecluded else { return vector }
        // Before protocol 30, stock clients send paths here, too.
        return try vector.prefix { $0.first == UInt8(ascii: "-") }
            + ArgumentStream.read(from: channel.input, isSecluded: true)
    }

    /// What the module and this daemon decide in place of the client.
    private func settle(_ options: inout TransferOptions, for module: DaemonModule) {
        if module.timeout > 0, options.wire.timeout == 0 || options.wire.timeout > module.timeout {
            options.wire.timeout = module.timeout
        }
        options.preferences = preferences
        options.limits.keepAlive = keepAlive
        options.limits.silenceLimit = silenceLimit
        options.limits.largestFile = module.largestFile
        options.limits.listMemory = module.listMemory
        options.comparison.comparesNanoseconds = module.comparesNanoseconds
        if module.guardsLabels, !options.agent.labels {
            options.attributes.attributesLeftOut = [TransferOptions.Attributes.labelName]
        }
        if synchronizes { options.placement.fsync = true }
    }

    /// Why options are not served; `configured` is the one that the module refuses.
    private static func refusal(of options: TransferOptions, configured: String?) -> EngineError? {
        // Its sessions are threads of one process.
        if options.attributes.copyAs != nil {
            return .usage("rsync: --copy-as is not supported by this daemon", exitCode: 4)
        }
        if let configured { return .usage("rsync: \(OptionRefusals.text(configured))", exitCode: 4) }
        return options.placement.backupConflict.map { .usage("rsync: \($0)", exitCode: 4) }
    }

    /// Why a client that writes may not use the directories that its options name.
    private static func refusal(
        of placement: TransferOptions.Placement,
        for arguments: ServerArguments
    ) -> EngineError? {
        guard !arguments.isSender else { return nil }
        let places = HiddenPlaces(arguments.options, destination: arguments.paths.first ?? [])
        return places?.refusal(of: placement)
    }

    /// Opens the module's directory for the client's request; a refusal is sent after the handshake, where a client
    /// that has sent its arguments expects one.
    private func open(
        _ module: DaemonModule,
        _ arguments: ServerArguments,
        _ channel: SessionChannel,
        _ place: inout ServedPlace,
        _ report: inout Report
    ) {
        guard let opener = module.opener else { return }
        let request = DaemonRequest(
            user: report.user,
            peer: channel.stream.peerDescription,
            isWriting: !arguments.isSender && Execution(arguments.options).changesDestination
                && arguments.refusal == nil,
            job: arguments.options.agent.job,
            connection: connection ?? StreamConnection(stream: channel.stream)
        )
        switch opener.open(for: request) {
        case .opened(let volume, let lockReach, let hold):
            place.base = volume
            place.lockReach = lockReach
            report.hold = hold
        case .refused(let text, let exitCode): place.optionRefusal = .rejected("@ERROR: \(text)", exitCode: exitCode)
        }
    }
}
