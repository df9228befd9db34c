import RsyncCommand
import RsyncDaemon
import RsyncEngine
import RsyncOptions
import Transport

/// Serves a daemon's clients, each on the calling thread, with the configuration of the moment.
struct DaemonService: Sendable {
    private let source: ConfigurationSource
    private let log: DaemonLog
    private let bandwidthLimit: Int64
    private let verbosity: Int
    private let preferences: TransferOptions.Preferences

    /// Prepares to serve.
    ///
    /// - Parameters:
    ///   - source: The configuration.
    ///   - log: Where lines go.
    ///   - settings: The daemon's command line.
    ///   - environment: Its environment, which limits what is negotiated (`RSYNC_CHECKSUM_LIST`, `RSYNC_COMPRESS_LIST`).
    init(
        _ source: ConfigurationSource,
        log: DaemonLog,
        _ settings: DaemonSettings,
        environment: [String: String]
    ) {
        (self.source, self.log) = (source, log)
        (bandwidthLimit, verbosity) = (settings.bandwidthLimit, settings.verbosity)
        preferences = TransferOptions.Preferences(environment: environment, forServer: true)
    }

    /// Serves one client.
    ///
    /// - Parameters:
    ///   - stream: Its connection.
    ///   - peer: Where it comes from.
    ///   - slot: Its slot before login; nil when there is no limit.
    /// - Returns: What happened.
    func serve(_ stream: any ByteStream, from peer: String, slot: LoginSlot?) -> DaemonSession.Report {
        let configuration = source.read()
        let output = log.output(of: configuration)
        do throws(ProxyHeader.Flaw) {
            let client = try configuration.client(of: stream, from: peer)
            output.line("connect from \(configuration.shownHost(client))")
            let catalogue = ConfiguredCatalogue(
                configuration,
                client: client,
                log: log,
                bandwidthLimit: bandwidthLimit,
                verbosity: verbosity
            )
            let session = DaemonSession(
                catalogue: catalogue,
                observer: SilentObserver(),
                loginSlot: slot,
                preferences: preferences
            )
            let report = session.run(over: stream)
            tell(report, of: configuration.shownHost(client), to: output)
            return report
        } catch {
            output.line("\(peer): \(error)")
            stream.close()
            var report = DaemonSession.Report()
            report.refusal = "\(error)"
            return report
        }
    }

    private func tell(_ report: DaemonSession.Report, of client: String, to output: any LineOutput) {
        switch report.endReason {
        case .tooSlow: output.line("daemon handshake timeout: \(client)")
        case .evicted: output.line("\(client) was evicted for a newer connection before its login")
        case .closing: break
        case nil:
            if report.isListing { output.line("module-list request from \(client)") }
            // Other refusals have their own lines, with the reason that the client is not told.
            if report.isBroken, let refusal = report.refusal { output.line("\(client): \(refusal)") }
        }
    }
}
