import RsyncEngine
import RsyncWire
import VolumeAccess

/// The volumes of a target, as a daemon's modules.
///
/// They are not listed to those who have not proved a password.
struct VolumeCatalogue: DaemonCatalogue {
    private let modules: [DaemonModule]
    private let sessionLimit: Int
    /// Whether this client came when all sessions were taken.
    var isFull = false

    init(_ mappings: [VolumeMapping], _ credentials: Credentials, sessionLimit: Int) throws(AgentError) {
        self.sessionLimit = sessionLimit
        var modules: [DaemonModule] = []
        for mapping in mappings {
            do throws(VolumeError) {
                var module = DaemonModule(name: Array(mapping.name.utf8), volume: try Volume.open(path: mapping.path))
                module.isListed = false
                module.comparesNanoseconds = true
                module.proof = { user, challenge, digest in
                    credentials.password(of: user)?.proof(challenge, digest)
                }
                modules.append(module)
            } catch {
                throw AgentError(.targetUnusable, "volume \(mapping.name) cannot be opened: \(error)", exitCode: 3)
            }
        }
        self.modules = modules
    }

    /// Lets no session ask a network file system for lost writes before a file gets its name.
    func nameWithoutClosing() {
        for module in modules { module.volume.nameWithoutClosing() }
    }

    var messageOfTheDay: [UInt8]? { nil }

    var listedModules: [(name: [UInt8], comment: [UInt8])] { [] }

    /// The volume of a name, for who has proved a password.
    func volume(named name: String) -> Volume? {
        modules.first { $0.name == Array(name.utf8) }?.volume
    }

    func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        guard !isFull else {
            return .refused(Array("max connections (\(sessionLimit)) reached -- try again later".utf8))
        }
        return FixedCatalogue(modules).module(named: name, for: peer)
    }
}
