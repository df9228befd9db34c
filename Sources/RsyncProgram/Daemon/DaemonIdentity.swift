import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import RsyncDaemon

/// The root directory, user and groups of a whole daemon: `daemon chroot`, `daemon uid`, `daemon gid`.
struct DaemonIdentity {
    private let configuration: DaemonConfiguration

    init(_ configuration: DaemonConfiguration) { self.configuration = configuration }

    /// Takes them on, for good; called while the process has one thread.
    func assume() throws(CommandError) {
        let root = configuration.path(\.root)
        // Names are looked up in the files of the system, not of the new root.
        let group = try number(\.group, "gid", IdentityDatabase.group)
        let user = try number(\.user, "uid", IdentityDatabase.user)
        if !root.isEmpty, changeRoot(root) != 0 { throw failure("daemon chroot(\"\(text(root))\")", errno) }
        if let group {
            guard changeGroups(group) == 0 else { throw failure("setgid(\(group))", errno) }
        }
        if let user, setuid(user) != 0 { throw failure("setuid(\(user))", errno) }
    }

    private func number(
        _ setting: KeyPath<DaemonConfiguration.Globals, VariableText>,
        _ kind: String,
        _ find: ([UInt8]) -> UInt32?
    ) throws(CommandError) -> UInt32? {
        let name = configuration.path(setting)
        guard !name.isEmpty else { return nil }
        guard let number = UInt32(text(name)) ?? find(name) else {
            throw .failed("Invalid daemon \(kind): \(text(name))", exitCode: 1)
        }
        return number
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: NameText.escaped(bytes), as: UTF8.self) }

    private func failure(_ call: String, _ number: Int32) -> CommandError {
        .failed("\(call) failed: \(SystemText(number))", exitCode: 1)
    }
}
