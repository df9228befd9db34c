import VolumeAccess
import VolumeCapacity

/// The question `dvm-source capacity PATH`: the space a volume will need at its target, and the size to request.
package struct ForecastQuestion: Sendable {
    /// Where the volume is mounted.
    package var path: String
    /// The file system at the target: `ext4`, `xfs`, `btrfs`, or `unknown` for the worst of them.
    package var fileSystem = "unknown"
    /// The block size at the target in bytes.
    package var blockSize: Int64?
    /// One inode is created per this many bytes.
    package var bytesPerInode: Int64?
    /// Whether holes stay holes, as in every transfer of `dvm-source`.
    package var keepsHoles = true
    /// Whether extended attributes and ACLs are transferred, as to a dvm-target.
    package var carriesAttributes = true
    /// The requested size of the claim, as a quantity.
    package var requested: String?
    /// The provisioned size of the claim, as a quantity.
    package var provisioned: String?
    /// The result of an earlier forecast, as a quantity.
    package var previous: String?
    /// The storage provides multiples of this quantity.
    package var round = "1Gi"

    /// Makes a question about a volume.
    package init(path: String) { self.path = path }

    /// The candidate targets.
    ///
    /// - Returns: One, or three when the file system is not known.
    /// - Throws: ``AgentError`` for an unknown name or an invalid size.
    func targets() throws(AgentError) -> [TargetProfile] {
        if let size = blockSize, !(512...65_536).contains(size) || size & (size - 1) != 0 {
            throw AgentError(.badSetting, "block size \(size) is not a power of two from 512 to 65536", exitCode: 2)
        }
        if let ratio = bytesPerInode, !(1024...(64 << 20)).contains(ratio) {
            throw AgentError(.badSetting, "inode ratio \(ratio) is not from 1024 to 67108864 bytes", exitCode: 2)
        }
        var targets = TargetProfile.unknown(blockSize: blockSize, bytesPerInode: bytesPerInode)
        if fileSystem != "unknown" {
            targets.removeAll { $0.fileSystem.rawValue != fileSystem }
            guard !targets.isEmpty else {
                let known = TargetProfile.FileSystem.allCases.map(\.rawValue).joined(separator: ", ")
                let text = "file system \(fileSystem) is not one of \(known), unknown"
                throw AgentError(.badSetting, text, exitCode: 2)
            }
        }
        for index in targets.indices {
            targets[index].keepsHoles = keepsHoles
            targets[index].carriesAttributes = carriesAttributes
        }
        return targets
    }

    /// Scans the volume and computes the answer.
    ///
    /// - Returns: Fits when the provisioned size is enough (or the requested one, or when neither was given).
    /// - Throws: ``AgentError`` for a value that cannot be used, or a volume that cannot be read.
    package func answer() throws(AgentError) -> CapacityAnswer {
        let targets = try targets()
        let unit = try Quantity.bytes(round, option: "--round")
        guard unit > 0, unit <= 1 << 50 else {
            throw AgentError(.badSetting, "--round must be 1 to 1Pi", exitCode: 2)
        }
        let requested = try size(requested, "--requested")
        let provisioned = try size(provisioned, "--provisioned")
        let previous = try size(previous, "--previous")
        do throws(CapacityError) {
            let volume = try open()
            let forecast = try Forecast.of(volume, on: targets)
            let proposal = forecast.proposal(
                round: unit,
                requested: requested,
                provisioned: provisioned,
                previous: previous
            )
            return ForecastReport(path: path, forecast: forecast, proposal: proposal).answer
        } catch {
            throw AgentError(error)
        }
    }

    private func size(_ text: String?, _ option: String) throws(AgentError) -> Int64? {
        guard let text else { return nil }
        let bytes = try Quantity.bytes(text, option: option)
        guard bytes <= 1 << 58 else { throw AgentError(.badSetting, "\(option): more than 256Pi", exitCode: 2) }
        return bytes
    }

    private func open() throws(CapacityError) -> Volume {
        do throws(VolumeError) {
            return try Volume.open(path: path)
        } catch {
            throw .volume(error)
        }
    }
}
