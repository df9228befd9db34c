import Checksums
import LinuxSystem
import RsyncCommand
import RsyncWire
import Synchronization

/// The login of a client to a module with `auth users`.
///
/// ## Concurrency model
/// `refusal` is used by the connection's thread only; its lock makes that visible to the compiler.
final class ModuleLogin: Sendable {
    private let module: [UInt8]
    private let table: AuthenticationTable
    private let leastDigest: String
    private let client: ClientHost
    private let log: any LineOutput
    private let refusal = Mutex<(user: [UInt8], reason: String)?>(nil)

    init(_ settings: ModuleSettings, _ client: ClientHost, _ variables: SessionVariables, log: any LineOutput) {
        module = settings.name
        table = AuthenticationTable(
            rules: settings.users,
            secretsFile: variables.expand(settings.secretsFile),
            isStrict: settings.isStrict
        )
        leastDigest = String(decoding: variables.expand(settings.leastDigest), as: UTF8.self).lowercased()
        (self.client, self.log) = (client, log)
    }

    /// The responses of which one is expected; none for a user who is not admitted.
    func responses(_ user: [UInt8], _ challenge: [UInt8], _ digest: AuthenticationDigest) -> [[UInt8]] {
        do throws(AuthenticationTable.Refusal) {
            let passwords = try table.admission(of: user).passwords
            refusal.withLock { $0 = (user, "password mismatch") }
            return passwords.map { password in
                AuthenticationExchange.response(password: password.span, challenge: challenge, digest: digest)
            }
        } catch {
            refusal.withLock { $0 = (user, "\(error)") }
            return []
        }
    }

    /// The digests that `auth digest` accepts; nil for any, none when it names an unknown one.
    var digests: [AuthenticationDigest]? {
        guard !leastDigest.isEmpty else { return nil }
        let all = AuthenticationExchange.available
        return all.firstIndex { $0.name == leastDigest }.map { Array(all[...$0]) } ?? []
    }

    /// Logs why the login failed, which the client is not told.
    func reject() {
        let (user, reason) = refusal.withLock { $0 } ?? ([], "no digest that auth digest = \(leastDigest) accepts")
        let from = client.shown
        let whom = user.isEmpty ? "" : " for \(PrintableText.ofPeer(user))"
        log.line("auth failed on module \(PrintableText.ofPeer(module)) from \(from)\(whom): \(reason)")
    }

    /// Whether a user may only pull; nil leaves it to the module.
    func isReadOnly(_ user: [UInt8]) -> Bool? {
        do throws(AuthenticationTable.Refusal) {
            switch try table.admission(of: user).access {
            case .ro: return true
            case .rw: return false
            case .usual, .deny: return nil
            }
        } catch {
            return nil
        }
    }
}
