import RsyncWire
public import Transport
import VolumeAccess

/// A daemon's side of a connection (protocol specification, session 3).
///
/// Blocks the calling thread; run it on a thread of its own.
public struct DaemonSession {
    /// How long a client may take for each step before its arguments are complete (protocol specification, session 10.3).
    private static let handshakeTimeout = 60

    private let catalogue: any DaemonCatalogue
    private let observer: any TransferObserver
    private let progress: TransferProgress
    private let keepAlive: Duration?
    private let synchronizes: Bool

    /// Who came and what became of it.
    public struct Report: Sendable {
        /// The module, when one was chosen.
        public var module: [UInt8] = []
        /// The user who proved a password.
        public var user: [UInt8] = []
        /// Whether files went to the client.
        public var isSender = false
        /// The session's result; nil when none began: a listing, or a refusal.
        public var result: SessionResult?
        /// Why the client was turned away.
        public var refusal: String?
        /// The place among the module's connections, held until the report is dropped.
        var slot: ConnectionSlot?
    }

    /// Prepares a session.
    ///
    /// - Parameters:
    ///   - catalogue: What is served.
    ///   - observer: Follows the session.
    ///   - progress: Figures for whoever wants to show them.
    ///   - keepAlive: The longest that this side goes without a sign of life; nil leaves it to the client's time-out.
    ///   - synchronizes: Whether every push ends as with `--fsync`, whatever the client says.
    public init(
        catalogue: any DaemonCatalogue,
        observer: any TransferObserver,
        progress: TransferProgress = TransferProgress(),
        keepAlive: Duration? = nil,
        synchronizes: Bool = false
    ) {
        self.synchronizes = synchronizes
        self.keepAlive = keepAlive
        self.catalogue = catalogue
        self.observer = observer
        self.progress = progress
    }

    /// Serves one client.
    ///
    /// - Parameter stream: Connected with the client; closed when the session ends.
    /// - Returns: What happened.
    public func run(over stream: any ByteStream) -> Report {
        var report = Report()
        let channel: SessionChannel
        do throws(EngineError) {
            channel = try SessionChannel(stream: stream, bandwidthLimit: 0)
        } catch {
            stream.close()
            report.refusal = "\(error)"
            return report
        }
        channel.setTimeout(seconds: Self.handshakeTimeout)
        do throws(WireError) {
            if let request = try admit(channel, &report) {
                report.isSender = request.arguments.isSender
                let session = ServerSession(observer: observer, progress: progress)
                report.result = session.serve(
                    request.arguments,
                    version: request.version,
                    place: request.place,
                    over: channel
                )
                return report
            }
            channel.close(after: .refused(report.refusal ?? ""))
        } catch {
            report.refusal = "\(error)"
            channel.close(after: .wire(error))
        }
        return report
    }

    private struct Admitted {
        let arguments: ServerArguments
        let version: Int32
        let place: ServedPlace
    }

    /// The text part: greeting, module, password, arguments.
    ///
    /// - Returns: Nil when the client got a listing, or was refused with `report.refusal`.
    private func admit(_ channel: SessionChannel, _ report: inout Report) throws(WireError) -> Admitted? {
        let server = DaemonServer(input: channel.input, output: channel.output)
        let greeting = try server.greet(messageOfTheDay: catalogue.messageOfTheDay)
        guard case .module(let name) = try server.request() else {
            try server.list(catalogue.listedModules)
            return nil
        }
        report.module = name
        switch catalogue.module(named: name, for: channel.stream.peerDescription) {
        case .refused(let text):
            try server.refuse(text)
            report.refusal = printable(text)
            return nil
        case .module(var module):
            report.slot = module.slot
            if let proof = module.proof {
                guard let user = try server.authenticate(greeting, proof: proof) else {
                    try server.refuse(Array("auth failed on module ".utf8) + name)
                    report.refusal = "auth failed on module \(printable(name))"
                    return nil
                }
                report.user = user
                if let isReadOnly = module.readOnlyRule?(user) { module.isReadOnly = isReadOnly }
            }
            try server.accept()
            return try readArguments(channel, module, version: greeting.settled(own: 32))
        }
    }

    private func readArguments(
        _ channel: SessionChannel,
        _ module: DaemonModule,
        version: Int32
    ) throws(WireError) -> Admitted {
        var vector = try ArgumentStream.read(from: channel.input)
        var arguments = ServerArguments(parsing: vector, from: .daemon)
        if arguments.isSecluded {
            vector += try ArgumentStream.read(from: channel.input, isSecluded: true)
            arguments = ServerArguments(parsing: vector, from: .daemon)
        }
        let isSecluded = arguments.isSecluded
        arguments.paths = arguments.paths.flatMap {
            ArgumentQuoting.modulePaths($0, module: module.name, isSecluded: isSecluded)
        }
        if module.timeout > 0, arguments.options.timeout == 0 || arguments.options.timeout > module.timeout {
            arguments.options.timeout = module.timeout
        }
        arguments.options.keepAlive = keepAlive
        if synchronizes { arguments.options.fsync = true }
        arguments.options.comparesNanoseconds = module.comparesNanoseconds
        var place = ServedPlace(base: module.volume)
        place.isReadOnly = module.isReadOnly
        place.isWriteOnly = module.isWriteOnly
        place.mapsNames = !module.forcesNumericIDs
        place.optionRefusal = RefusedOptions.refusal(of: module.refusedOptions, in: arguments)
        return Admitted(arguments: arguments, version: version, place: place)
    }
}
