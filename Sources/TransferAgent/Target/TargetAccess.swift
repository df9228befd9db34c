import AgentControl
import SecureTunnel

/// What a target reads from files: what it proves itself by, and whom it lets in.
struct TargetAccess: Sendable {
    let credentials: Credentials
    let context: TLSContext

    /// Warnings about the permissions of the files, one sentence each.
    var warnings: [String] { context.warnings + (credentials.warning.map { [$0] } ?? []) }

    private init(_ settings: ServeSettings) throws(AgentError) {
        credentials = try Credentials(file: settings.credentials, isStrict: settings.strictSecrets)
        var configuration = try settings.serverConfiguration()
        configuration.applicationProtocols = [ControlChannel.applicationProtocol]
        do throws(SecureTunnelError) {
            context = try TLSContext(server: configuration)
        } catch {
            throw AgentError(error)
        }
    }

    /// Reads the files.
    static func fileBacked(_ settings: ServeSettings) throws(AgentError) -> FileBacked<TargetAccess> {
        let files = [
            settings.certificate, settings.privateKey, settings.clientAuthorities, settings.preSharedKeys,
            settings.credentials,
        ]
        return try FileBacked(files) { () throws(AgentError) in try TargetAccess(settings) }
    }
}
