import Glibc
import LinuxSystem
import ProcessSupport

/// What an agent may still use once it runs: its volumes, the files it was told of, and what the C library looks up.
///
/// A bug of ours or of a library in a session can then do no more than the session is allowed to.
package struct AgentSandbox: Sendable {
    /// What names of users and groups are looked up in, and what libraries that do so are loaded from.
    private static let systemFiles = [
        "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache",
        "/lib", "/lib64", "/usr/lib", "/usr/lib64",
    ]
    /// What host names are looked up in.
    private static let resolverFiles = ["/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf"]
    /// The mounts, our own rights, and the sizes of devices.
    ///
    /// The kernel keeps a confined process from the memory and the
    /// environment of others regardless.
    private static let kernelFiles = ["/proc", "/sys"]

    private var sandbox = Sandbox()
    /// Notes about volumes, for the log.
    private var notes: [String] = []
    private var volumeWords: [String] = []

    /// What a target needs: volumes for writing.
    ///
    /// - Parameter settings: The settings as given.
    /// - Throws: ``AgentError`` for volumes that cannot be parsed.
    package init(_ settings: ServeSettings) throws(AgentError) {
        for mapping in try VolumeMapping.parse(settings.volumes) { allow(mapping, .write, isOpenedAgain: true) }
        allowDirectories(of: [
            settings.certificate, settings.privateKey, settings.clientAuthorities, settings.preSharedKeys,
            settings.credentials,
        ])
        for path in Self.systemFiles + Self.kernelFiles { sandbox.allow(path, .read) }
    }

    /// What a source needs: volumes for reading, and host names.
    ///
    /// - Parameters:
    ///   - settings: The settings as given.
    ///   - isServing: Whether volumes are opened later, and again.
    ///   - others: The settings of passes of other kinds, for the files that they name.
    /// - Throws: ``AgentError`` for volumes that cannot be parsed.
    package init(
        _ settings: TransferSettings,
        isServing: Bool = false,
        others: [TransferSettings] = []
    ) throws(AgentError) {
        for mapping in try VolumeMapping.parse(settings.volumes, isOfSource: true) {
            allow(mapping, .read, isOpenedAgain: isServing)
        }
        for settings in [settings] + others {
            allowDirectories(of: [
                settings.certificate, settings.privateKey, settings.passwordFile, settings.proxyPasswordFile,
            ])
            switch settings.trust {
            case .authorities(let file), .preSharedKey(let file): allowDirectories(of: [file])
            case .pin, .insecure: break
            }
        }
        // The record is replaced by a file beside it.
        if let record = settings.recordFile { sandbox.allow(FilePath.directory(of: record), .write) }
        for path in Self.systemFiles + Self.resolverFiles + Self.kernelFiles { sandbox.allow(path, .read) }
    }

    /// Allows a volume.
    ///
    /// A rule applies to a directory. A mount point stays, so it gets a rule itself; any other directory may be removed
    /// and created again while the agent runs, so its parent gets the rule. A single pass opens its volumes at once and
    /// needs no more.
    private mutating func allow(_ volume: VolumeMapping, _ access: Sandbox.Access, isOpenedAgain: Bool) {
        let path = FilePath.resolved(volume.path) ?? volume.path
        let parent = FilePath.directory(of: path)
        sandbox.allow(path, access)
        volumeWords.append("\(volume.name) (\(path))")
        guard isOpenedAgain, !Sandbox.isMountPoint(path) else { return }
        guard parent != "/" else {
            notes.append(
                "volume \(volume.name) is not a mount point and is directly below /: if \(path) is removed and recreated, "
                    + "the agent must be restarted"
            )
            return
        }
        sandbox.allow(parent, access)
        notes.append(
            "volume \(volume.name) is not a mount point: all of \(parent) stays \(access == .write ? "writable" : "readable"), so that \(path) can be recreated"
        )
    }

    /// Allows reading in the directories of files: Kubernetes replaces a Secret's content by changing a link in its directory.
    private mutating func allowDirectories(of files: [String?]) {
        for case let file? in files where file != "-" {
            for path in [file, FilePath.resolved(file) ?? file] {
                let directory = FilePath.directory(of: path)
                // All of / would be too much; the file alone is sufficient while it is not replaced.
                sandbox.allow(directory == "/" ? path : directory, .read)
            }
        }
    }

    /// Confines the process; called before a second thread exists.
    ///
    /// - Returns: For the log: whether it is confined, and how far.
    /// - Throws: ``AgentError`` when the kernel could and does not.
    package func confine() throws(AgentError) -> (isConfined: Bool, notes: [String]) {
        let outcome: Sandbox.Outcome
        do throws(SystemError) {
            outcome = try sandbox.confine()
        } catch {
            throw AgentError(
                .noResources,
                "the process cannot be confined (\(error)); use --no-sandbox to run without confinement",
                exitCode: 14
            )
        }
        switch outcome {
        case .unsupported(let reason): return (false, ["not confined: \(reason)"])
        case .confined(let version):
            Self.tryEscape()
            let words = volumeWords.joined(separator: ", ")
            return (true, ["confined to its volumes by Landlock, version \(version): \(words)"] + notes)
        }
    }

    /// Does nothing outside of test builds.
    private static func tryEscape() {
        #if DEBUG
        DeliberateEscape.start()
        #endif
    }
}
