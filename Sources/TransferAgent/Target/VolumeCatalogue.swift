import RsyncEngine
import RsyncWire
import VolumeAccess

/// The volumes of a target, as a daemon's modules.
///
/// Who has not proved a password learns nothing of them: neither a list, nor whether one is there.
struct VolumeCatalogue: DaemonCatalogue {
    private let modules: [DaemonModule]
    /// What every client has to prove.
    let proof: DaemonModule.Proof?

    init(_ mappings: [VolumeMapping], _ credentials: Credentials) throws(AgentError) {
        proof = { user, challenge, digest in credentials.password(of: user)?.proof(challenge, digest) }
        var modules: [DaemonModule] = []
        for mapping in mappings {
            do throws(VolumeError) {
                var module = DaemonModule(name: Array(mapping.name.utf8), volume: try Volume.open(path: mapping.path))
                module.isListed = false
                module.comparesNanoseconds = true
                modules.append(module)
            } catch {
                throw AgentError(.targetUnusable, "volume \(mapping.name) cannot be opened: \(error)", exitCode: 3)
            }
        }
        self.modules = modules
    }

    var messageOfTheDay: [UInt8]? { nil }

    var listedModules: [(name: [UInt8], comment: [UInt8])] { [] }

    /// The volume of a name, for who has proved a password.
    func volume(named name: String) -> Volume? {
        modules.first { $0.name == Array(name.utf8) }?.volume
    }

    func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        FixedCatalogue(modules).module(named: name, for: peer)
    }
}
