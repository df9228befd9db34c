import LinuxSystem
import ProcessSupport
import RsyncOptions
import RsyncWire
import Synchronization
import Transport
import VolumeAccess

/// The catalogue of a ``DaemonConfiguration``.
///
/// ## Concurrency model
/// The configuration is immutable; the connection counts are guarded by their lock.
package final class ConfiguredCatalogue: DaemonCatalogue {
    private let configuration: DaemonConfiguration
    private let connections = ConnectionCounts()

    /// Serves the modules of a configuration.
    package init(_ configuration: DaemonConfiguration) {
        self.configuration = configuration
    }

    /// The current text of the configured file; nil when there is none.
    package var messageOfTheDay: [UInt8]? {
        guard let file = configuration.messageFile else { return nil }
        do throws(SystemError) {
            return try SmallFile(file).contents()
        } catch {
            return nil
        }
    }

    /// The modules that are not hidden.
    package var listedModules: [(name: [UInt8], comment: [UInt8])] {
        configuration.modules.filter(\.isListed).map { ($0.name, $0.comment) }
    }

    /// Looks up a module, if the peer's address is allowed; a connection slot is taken once the client is
    /// authenticated.
    package func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        let unknown = DaemonAnswer.refused(Array("Unknown module '".utf8) + name + Array("'".utf8))
        guard let settings = configuration.modules.first(where: { $0.name == name }) else { return unknown }
        guard HostRule.admits(Self.address(of: peer), allow: settings.allow, deny: settings.deny) else {
            let text = Array("access denied to ".utf8) + name + Array(" from \(peer)".utf8)
            return settings.isListed ? .refused(text) : unknown
        }
        do throws(VolumeError) {
            return .module(module(settings, volume: try Volume.open(path: settings.path.span)))
        } catch {
            return .refused(Array("chdir failed".utf8))
        }
    }

    private func module(_ settings: ModuleSettings, volume: Volume) -> DaemonModule {
        var module = DaemonModule(name: settings.name, volume: volume)
        module.comment = settings.comment
        module.isListed = settings.isListed
        module.isReadOnly = settings.isReadOnly
        module.isWriteOnly = settings.isWriteOnly
        module.forcesNumericIDs = settings.usesNumericIDs
        module.timeout = settings.timeout
        module.refusedOptions = settings.refusedOptions
        let limit = settings.connectionLimit
        module.slots = ConnectionSlots(counts: connections, name: settings.name, limit: limit)
        module.fullText = Array("max connections (\(limit)) reached -- try again later".utf8)
        if let table = settings.authentication {
            module.proof = { user, challenge, digest in
                table.password(of: user).map { password in
                    AuthenticationExchange.response(password: password.span, challenge: challenge, digest: digest)
                }
            }
            module.readOnlyRule = { user in
                switch table.access(of: user) {
                case .ro?: true
                case .rw?: false
                default: nil
                }
            }
        }
        return module
    }

    /// The bytes of a peer's address; nil when it has none (a pipe).
    private static func address(of peer: String) -> [UInt8]? {
        do throws(TransportError) {
            return HostRule.address(try HostPort(parsing: peer).host)
        } catch {
            return HostRule.address(peer)
        }
    }
}

/// The number of connections of each module.
///
/// ## Concurrency model
/// `counts` is guarded by its lock.
private final class ConnectionCounts: Sendable {
    private let counts = Mutex<[[UInt8]: Int]>([:])

    /// Takes a slot; false when none is free.
    func take(_ name: [UInt8], limit: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[name] ?? 0
            guard limit == 0 || count < limit else { return false }
            counts[name] = count + 1
            return true
        }
    }

    func giveBack(_ name: [UInt8]) { counts.withLock { $0[name, default: 1] -= 1 } }
}

/// A module's connection slots.
struct ConnectionSlots: Sendable {
    fileprivate let counts: ConnectionCounts
    fileprivate let name: [UInt8]
    /// 0 means unlimited.
    fileprivate let limit: Int

    /// Takes a slot, which is released with the last reference to the result; nil when none is free.
    func take() -> ConnectionSlot? { counts.take(name, limit: limit) ? ConnectionSlot(counts, name) : nil }
}

/// One of a module's connection slots.
final class ConnectionSlot: Sendable {
    private let counts: ConnectionCounts
    private let name: [UInt8]

    fileprivate init(_ counts: ConnectionCounts, _ name: [UInt8]) {
        self.counts = counts
        self.name = name
    }

    deinit { counts.giveBack(name) }
}
