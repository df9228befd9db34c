import Checksums
import LinuxSystem
package import RsyncEngine
package import RsyncOptions
import RsyncWire
import SecureTunnel
import Transport

/// A transfer of some volumes to a target, checked and ready to run.
package struct SourceJob: Sendable {
    package let volumes: [VolumeMapping]
    package let route: TargetRoute
    package let user: String
    /// Nil when none was given.
    private let knownPassword: SecretBytes?
    /// The digests that may be used for the password.
    private let digests: [AuthenticationDigest]
    package let options: TransferOptions
    /// Whether ACLs and extended attributes are transferred.
    let attributes: AttributePolicy
    /// Whether SELinux labels are, too.
    let labels: Bool
    let check: CheckPolicy
    let whenTight: TightPolicy
    /// The guard against accidental deletions.
    let brake: DeletionBrake
    /// The job's identifier, for a dvm-target.
    let identity: String
    let wait: Duration

    /// Checks settings: names, addresses, rates, certificates; nothing is connected.
    ///
    /// - Parameter settings: The settings as given.
    /// - Throws: ``AgentError`` for the first setting that cannot be used.
    package init(_ settings: TransferSettings) throws(AgentError) {
        volumes = try VolumeMapping.parse(settings.volumes)
        route = try TargetRoute(settings)
        user = settings.user
        attributes = settings.attributes
        labels = settings.labels
        check = settings.check
        whenTight = settings.whenTight
        options = try Self.options(settings)
        digests = DigestPolicy(allowsWeak: settings.allowsWeakDigest).digests(isProtected: settings.trust != .insecure)
        brake = try DeletionBrake(settings)
        identity = try Self.identity(settings.job)
        guard settings.wait >= .zero else { throw AgentError(.badSetting, "--wait must not be negative", exitCode: 1) }
        guard !settings.labels || settings.attributes != .never else {
            throw AgentError(.badSetting, "--selinux-labels cannot be used with --attributes never", exitCode: 1)
        }
        wait = settings.wait
        let isUserPlain = user.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        guard isUserPlain, !user.isEmpty else {
            throw AgentError(
                .badSetting,
                "--user: the name is empty or contains spaces or control characters",
                exitCode: 1
            )
        }
        // Read now, so that an error shows up before the first connection.
        if let file = settings.passwordFile {
            knownPassword = try SecretFile.password(in: file)
        } else {
            knownPassword = settings.environmentPassword
        }
    }

    /// The password, for a target that requires one.
    ///
    /// - Returns: The password, which was read before the first connection.
    /// - Throws: ``AgentError`` of class ``FailureClass/passwordMissing``.
    func password() throws(AgentError) -> SecretBytes {
        guard let knownPassword else {
            throw AgentError(.passwordMissing, "the target requires a password and none was given", exitCode: 5)
        }
        return knownPassword
    }

    /// The login for a daemon.
    package var login: ClientSession.Login {
        ClientSession.Login(user: user) { (challenge, digest) throws(EngineError) in
            guard digests.contains(digest.named) else { throw .weakDigest(Self.refusal(of: digest)) }
            do throws(AgentError) {
                return try password().proof(challenge, digest)
            } catch {
                throw .usage(error.observed, exitCode: error.exitCode)
            }
        }
    }

    private static func refusal(of digest: AuthenticationDigest) -> String {
        let name = digest.name.uppercased()
        let place = digest == .md5 ? ", without proof of the target's identity" : ""
        return "the target requires the password to be proved by \(name)\(place)"
    }

    /// What is asked of the engine: archive, hard links, holes, deletion unless it was declined.
    private static func options(_ settings: TransferSettings) throws(AgentError) -> TransferOptions {
        var options = TransferOptions()
        options.setArchive()
        options.attributes.hardLinks = true
        options.attributes.numericIDs = settings.owners == .numbers
        options.placement.sparse = true
        let silence = try SilenceLimit(settings.silenceLimit)
        // For a stock target, which sends keep-alives only when it has one.
        options.wire.timeout = silence.seconds
        options.limits.silenceLimit = silence.duration
        options.limits.keepAlive = settings.keepAlive
        options.deletion.isOn = settings.delete
        options.limits.largestFile = try FileSizeLimit.bytes(settings.largestFile)
        options.output.listsChangedFiles = true
        options.comparison.checksum = settings.checksum
        options.comparison.comparesNanoseconds = true
        if let choice = settings.compress { try choose(choice, in: &options) }
        if let rate = settings.bandwidthLimit {
            options.wire.bandwidthLimit = try BandwidthRate(parsing: rate).kibibytesPerSecond
        }
        // The directory that fsck keeps belongs to the file system, not to the volume's data (MTC contract 1.1).
        options.selection.filters.append(FilterRule(pattern: Array("/lost+found".utf8), isInclude: false))
        return options
    }

    /// The job's name as letters and digits; without a name, a value unique to this process, the same for all its
    /// attempts.
    private static func identity(_ name: String?) throws(AgentError) -> String {
        guard let name else {
            var generator = SystemRandomNumberGenerator()
            return "r" + Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        guard (1...60).contains(name.utf8.count) else {
            throw AgentError(.badSetting, "--job: the name must have 1 to 60 bytes", exitCode: 1)
        }
        return "n" + Hexadecimal.encode(Array(name.utf8))
    }

    private static func choose(_ choice: String, in options: inout TransferOptions) throws(AgentError) {
        if choice == "auto" {
            options.wire.compress = true
            return
        }
        guard let algorithm = CompressionAlgorithm(rawValue: choice) else {
            let known = (CompressionAlgorithm.allCases.map(\.rawValue) + ["auto"]).joined(separator: ", ")
            throw AgentError(.badSetting, "--compress \(choice) is not one of \(known)", exitCode: 1)
        }
        guard algorithm != .none else { return }
        options.wire.compress = true
        options.wire.compressChoice = algorithm
    }

    /// Warnings before it begins, one line each.
    package var warnings: [String] {
        let warnings = route.warnings.map { "WARNING: \($0)" }
        guard route.isInsecure else { return warnings }
        let insecure =
            "WARNING: --insecure: the certificate of \(route.target) is not verified: whoever answers there"
            + " receives the data and the digest of the password"
        return warnings + [insecure]
    }
}
