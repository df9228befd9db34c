import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
package import RsyncEngine
import RsyncOptions
import Synchronization
import VolumeAccess

extension DaemonConfiguration {
    /// A client's host; its name is looked up for all modules if it is for those without a setting of their own.
    fileprivate func host(_ client: String, _ settings: ModuleSettings) -> ClientHost {
        ClientHost(
            client,
            canLookUpNames: defaults.looksUpNames || settings.looksUpNames,
            canLookUpAddresses: settings.looksUpAddresses
        )
    }

    /// A client's name and address, as in logs.
    package func shownHost(_ client: String) -> String { host(client, defaults).shown }
}

/// The modules of a configuration, for one client.
package struct ConfiguredCatalogue: DaemonCatalogue {
    /// Numbers for visits.
    private static let visits = Atomic<Int>(0)

    private let configuration: DaemonConfiguration
    private let client: String
    private let log: DaemonLog
    private let bandwidthLimit: Int64
    private let verbosity: Int

    /// Serves the modules of a configuration.
    ///
    /// - Parameters:
    ///   - configuration: As it is now.
    ///   - client: The client's address.
    ///   - log: Where the modules' lines go.
    ///   - bandwidthLimit: The most that a session sends, in KiB/s; 0 for no limit.
    ///   - verbosity: How many `-v` the daemon was started with.
    package init(
        _ configuration: DaemonConfiguration,
        client: String,
        log: DaemonLog,
        bandwidthLimit: Int64 = 0,
        verbosity: Int = 0
    ) {
        (self.configuration, self.client, self.log) = (configuration, client, log)
        (self.bandwidthLimit, self.verbosity) = (bandwidthLimit, verbosity)
    }

    /// The current text of the configured file; nil when there is none.
    package var messageOfTheDay: [UInt8]? {
        let file = configuration.globals.messageFile.ofProcess
        guard !file.isEmpty else { return nil }
        do throws(SystemError) {
            return try SmallFile(file).contents()
        } catch {
            return nil
        }
    }

    /// The modules that are not hidden.
    package var listedModules: [(name: [UInt8], comment: [UInt8])] {
        configuration.modules.filter(\.isListed).map { ($0.name, $0.comment.ofProcess) }
    }

    /// Looks up a module, if the client's host is allowed.
    package func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        let unknown = DaemonAnswer.refused(Array("Unknown module '".utf8) + name + Array("'".utf8))
        let ownLog = log.output(of: configuration)
        guard let settings = configuration.module(named: name) else {
            let client = host(configuration.defaults)
            ownLog.line("unknown module '\(PrintableText.ofPeer(name))' tried from \(client.shown)")
            return unknown
        }
        let client = host(settings)
        guard HostRule.admits(client, allow: settings.allow, deny: settings.deny) else {
            let from = "\(client.shown)"
            ownLog.line("rsync denied on module \(PrintableText.ofPeer(name)) from \(from)")
            return settings.isListed
                ? .refused(Array("access denied to ".utf8) + name + Array(" from \(from)".utf8)) : unknown
        }
        ownLog.line("rsync allowed access on module \(PrintableText.ofPeer(name)) from \(client.shown)")
        return .module(module(settings, client, ownLog))
    }

    private func host(_ settings: ModuleSettings) -> ClientHost { configuration.host(client, settings) }

    private func module(_ settings: ModuleSettings, _ client: ClientHost, _ ownLog: any LineOutput) -> DaemonModule {
        let variables = SessionVariables()
        let login = settings.users.isEmpty ? nil : ModuleLogin(settings, client, variables, log: ownLog)
        let log = log
        let visit = SessionVisit(
            settings,
            client,
            login,
            bandwidthLimit: bandwidthLimit,
            verbosity: verbosity,
            number: Self.visits.add(1, ordering: .relaxed).newValue,
            openLog: { log.output(of: settings, $0) }
        )
        var module = DaemonModule(name: settings.name, visit: visit)
        module.comment = settings.comment.ofProcess
        module.isListed = settings.isListed
        module.isReadOnly = settings.isReadOnly
        module.isWriteOnly = settings.isWriteOnly
        module.timeout = max(0, settings.timeout)
        module.refusals = settings.refusals
        for word in settings.refusals.unmatched { ownLog.line("No match for refuse-options string \"\(word)\"") }
        if let login {
            module.proof = { user, challenge, digest in login.responses(user, challenge, digest) }
            module.digests = login.digests
        }
        return module
    }
}
