import Checksums
import LinuxSystem
package import RsyncEngine
import RsyncWire
import SecureTunnel
import Transport

/// A transfer of some volumes to a target, checked and ready to run.
package struct SourceJob: Sendable {
    /// The most volumes at the same time.
    package static let mostParallel = 64

    package let volumes: [VolumeJob]
    /// How many volumes are transferred at the same time.
    let parallel: Int
    package let user: String
    /// What is read from the files of secrets and certificates.
    private let access: FileBacked<SourceAccess>
    /// The digests that may be used for the password.
    private let digests: [AuthenticationDigest]
    /// The job's identifier, for a dvm-target.
    let identity: String
    /// The job's name; nil for none.
    let name: String?
    /// The occasion of the pass; nil for none in particular.
    let kind: PassKind?
    /// The file of the pass's record; nil for none.
    package let recordFile: String?
    /// The commands that are run before and after the pass.
    let hooks: HookSettings

    /// Checks settings: names, addresses, rates, certificates; nothing is connected.
    ///
    /// - Parameter settings: The settings as given.
    /// - Throws: ``AgentError`` for the first setting that cannot be used.
    package init(_ settings: TransferSettings) throws(AgentError) {
        var volumes: [VolumeJob] = []
        for mapping in try VolumeMapping.parse(settings.volumes, isOfSource: true) {
            volumes.append(try VolumeJob(mapping, settings))
        }
        self.volumes = volumes
        guard (1...Self.mostParallel).contains(settings.parallel) else {
            throw AgentError(.badSetting, "--parallel must be 1 to \(Self.mostParallel)", exitCode: 1)
        }
        parallel = settings.parallel
        // Read now, so that an error shows up before the first connection.
        access = try SourceAccess.fileBacked(settings)
        user = settings.user
        digests = DigestPolicy(allowsWeak: settings.allowsWeakDigest).digests(isProtected: settings.trust != .insecure)
        identity = try Self.identity(settings.job)
        name = settings.job
        kind = settings.kind
        recordFile = settings.recordFile
        if let recordFile { try PassRecordFile.check(recordFile, besides: volumes.map(\.mapping)) }
        hooks = settings.hooks
        let isUserPlain = user.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        guard isUserPlain, !user.isEmpty else {
            throw AgentError(
                .badSetting,
                "--user: the name is empty or contains spaces or control characters",
                exitCode: 1
            )
        }
    }

    /// The password, for a target that requires one.
    ///
    /// - Returns: The password, which was read before the first connection.
    /// - Throws: ``AgentError`` of class ``FailureClass/passwordMissing``.
    func password() throws(AgentError) -> SecretBytes {
        guard let password = access.value.password else {
            throw AgentError(.passwordMissing, "the target requires a password and none was given", exitCode: 5)
        }
        return password
    }

    /// How the target is reached, with the certificates of the files that were read last.
    package var route: TargetRoute { access.value.route }

    /// Reads secrets and certificates again if their files have changed.
    ///
    /// - Parameter display: Is told of it.
    /// - Throws: ``AgentError`` for a file that cannot be used; the former secrets stay.
    package func renew(_ display: (String) -> Void) throws(AgentError) {
        switch access.renew() {
        case .unchanged: break
        case .renewed:
            display("secrets and certificates were read again, since their files have changed")
            for warning in warnings { display(warning) }
        case .failed(let error, _): throw error
        }
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

    /// The job's name as letters and digits; without a name, a value unique to this process, the same for all its
    /// attempts.
    private static func identity(_ name: String?) throws(AgentError) -> String {
        guard let name else {
            var generator = SystemRandomNumberGenerator()
            return "r" + Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        guard (1...60).contains(name.utf8.count) else {
            throw AgentError(.badSetting, "--job-name: the name must have 1 to 60 bytes", exitCode: 1)
        }
        return "n" + Hexadecimal.encode(Array(name.utf8))
    }

    /// Warnings before it begins, one line each.
    package var warnings: [String] {
        let access = access.value
        let warnings = ((access.warning.map { [$0] } ?? []) + access.route.warnings).map { "WARNING: \($0)" }
        guard route.isInsecure else { return warnings }
        let insecure =
            "WARNING: --insecure: the certificate of \(route.target) is not verified: whoever answers there"
            + " receives the data and the digest of the password"
        return warnings + [insecure]
    }
}

/// What a source reads from files: how it reaches and verifies its target, and its password.
private struct SourceAccess: Sendable {
    let route: TargetRoute
    /// Nil when none was given.
    let password: SecretBytes?
    /// What is wrong with the permissions of the password's file.
    let warning: String?

    private init(_ settings: TransferSettings) throws(AgentError) {
        route = try TargetRoute(settings)
        guard let file = settings.passwordFile else {
            (password, warning) = (settings.environmentPassword, nil)
            return
        }
        (password, warning) = try SecretFile.password(in: file, isStrict: settings.strictSecrets)
    }

    /// Reads the files; standard input once.
    static func fileBacked(_ settings: TransferSettings) throws(AgentError) -> FileBacked<SourceAccess> {
        var settings = settings
        if settings.passwordFile == "-" {
            settings.environmentPassword = try SecretFile.password(in: "-", isStrict: false).bytes
            settings.passwordFile = nil
        }
        if settings.proxyPasswordFile == "-", settings.proxy != nil {
            settings.environmentProxyPassword = try SecretFile.password(in: "-", isStrict: false).bytes
            settings.proxyPasswordFile = nil
        }
        return try FileBacked(settings.secretFiles) { [settings] () throws(AgentError) in try SourceAccess(settings) }
    }
}
