import AgentControl
import Glibc
import RsyncEngine
import RsyncWire
import SecureTunnel
import VolumeAccess
import VolumeCapacity

/// The volumes of a target, as a daemon's modules.
///
/// An unauthenticated client learns nothing about them: neither a list, nor whether one exists. Each session and
/// each control request opens the volume's path again: what has been mounted or created there in the meantime is what it gets,
/// and a directory that is missing is reported.
struct VolumeCatalogue: DaemonCatalogue, ControlVolumes {
    private let mappings: [VolumeMapping]
    /// The authentication of every client.
    let proof: DaemonModule.Proof?
    private let largestFile: Int64
    private let listMemory: Int64
    private let durability: Durability
    /// The volumes on whose paths something was mounted at the start.
    private let mounted: Set<VolumeMapping>
    /// Their writers.
    let writers: WriterTable

    init(
        _ mappings: [VolumeMapping],
        _ settings: ServeSettings,
        password: @escaping @Sendable ([UInt8]) -> SecretBytes?
    ) throws(AgentError) {
        self.mappings = mappings
        proof = { user, challenge, digest in password(user).map { [$0.proof(challenge, digest)] } ?? [] }
        durability = settings.durability
        largestFile = try FileSizeLimit.bytes(settings.largestFile)
        listMemory = try Quantity.bytes(settings.listMemory, option: "--max-list-memory")
        guard listMemory >= 1 << 20 else {
            throw AgentError(.badSetting, "--max-list-memory must be at least 1Mi", exitCode: 1)
        }
        var volumes: [Volume] = []
        var mounted: Set<VolumeMapping> = []
        for mapping in mappings {
            do throws(VolumeError) {
                let volume = try Volume.open(path: mapping.path)
                if try volume.root.status().isMountRoot { mounted.insert(mapping) }
                volumes.append(volume)
            } catch {
                let text = "volume \(mapping.name) cannot be opened: \(error)"
                guard let closed = ClosedVolume.reason(mapping.path, error) else {
                    throw AgentError(.targetUnusable, text, exitCode: 3)
                }
                throw AgentError(.volumeClosed, "\(text): \(closed)", exitCode: 3)
            }
        }
        self.mounted = mounted
        writers = WriterTable(anchors: LockAnchors(above: volumes))
    }

    /// The volumes' names.
    var names: [String] { mappings.map(\.name) }

    var messageOfTheDay: [UInt8]? { nil }

    var listedModules: [(name: [UInt8], comment: [UInt8])] { [] }

    var durabilityWord: String { durability.rawValue }

    func writer(of volume: Volume, named name: String, job: String, user: [UInt8]) throws(VolumeError) -> String? {
        try writers.holder(of: volume, named: name, job: job, user: user)
    }

    func volume(named name: String) throws(ControlError) -> Volume? {
        guard let mapping = mappings.first(where: { $0.name == name }) else { return nil }
        do throws(VolumeError) {
            let volume = try Volume.open(path: mapping.path)
            if try isInPlace(volume, mapping) { return volume }
        } catch {
            throw .refused(missing(mapping, error))
        }
        throw .refused(Self.unmounted(mapping))
    }

    /// Whether what was mounted on a path at the start, or something else, is still mounted there: what is below a
    /// mount point that has lost its mount is another file system, most often the host's own.
    private func isInPlace(_ volume: Volume, _ mapping: VolumeMapping) throws(VolumeError) -> Bool {
        guard mounted.contains(mapping) else { return true }
        return try volume.root.status().isMountRoot
    }

    /// The message for a path that was a mount point at the start and is not one now.
    private static func unmounted(_ mapping: VolumeMapping) -> String {
        "the directory of volume \(mapping.name) is missing: nothing is mounted on \(mapping.path) any more"
    }

    func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        guard let mapping = mappings.first(where: { Array($0.name.utf8) == name }) else {
            return .refused(Array("Unknown module '".utf8) + name + Array("'".utf8))
        }
        var module = DaemonModule(name: name, opener: VolumeOpener(catalogue: self, mapping: mapping))
        module.isListed = false
        module.comparesNanoseconds = true
        module.guardsLabels = true
        module.largestFile = largestFile
        module.listMemory = Int(listMemory)
        return .module(module)
    }

    /// Opens a volume for a session; a writing session has exclusive access.
    fileprivate func open(_ mapping: VolumeMapping, for request: DaemonRequest) -> DaemonOpening {
        do throws(VolumeError) {
            let volume = try Volume.open(path: mapping.path)
            guard try isInPlace(volume, mapping) else { return .refused(Self.unmounted(mapping), exitCode: 3) }
            guard request.isWriting else { return .opened(volume) }
            // Lost writes of a network file system are not waited for before a file gets its name.
            if durability == .none { volume.nameWithoutClosing() }
            switch try writers.claim(volume, named: mapping.name, for: request) {
            case .granted(let claim): return .opened(volume, lockReach: claim.reach.rawValue, hold: claim)
            case .inUse(let holder): return .refused("in use: \(holder)", exitCode: 5)
            }
        } catch {
            return .refused(missing(mapping, error), exitCode: 3)
        }
    }

    /// The message for a path that cannot be opened.
    private func missing(_ mapping: VolumeMapping, _ error: VolumeError) -> String {
        // The sandbox knows the mount of the start, and neither what is below it nor what is mounted there later.
        if error.number == EACCES, mounted.contains(mapping) {
            guard FileStatus.isMountRoot(mapping.path) else { return Self.unmounted(mapping) }
            return "the directory of volume \(mapping.name) cannot be opened: \(error); "
                + "if it was remounted since dvm-target started, restart dvm-target"
        }
        let fault = error.isMissing ? "is missing" : "cannot be opened"
        let closed = ClosedVolume.reason(mapping.path, error).map { ": \($0)" } ?? ""
        return "the directory of volume \(mapping.name) \(fault): \(error)\(closed)"
    }
}

/// Opens one volume of a catalogue.
private struct VolumeOpener: ModuleOpener {
    let catalogue: VolumeCatalogue
    let mapping: VolumeMapping

    func open(for request: DaemonRequest) -> DaemonOpening { catalogue.open(mapping, for: request) }
}
