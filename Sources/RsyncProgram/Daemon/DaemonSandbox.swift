import LinuxSystem
import ProcessSupport
import RsyncDaemon

/// Confines a daemon to its modules, where the kernel has Landlock; nothing here runs other programs.
///
/// It has no effect that a client can see, so it is skipped where a module's directory does not exist yet, or is so
/// high in the tree that a rule would have to allow everything.
struct DaemonSandbox {
    /// Files for the lookup of users and groups, the time zone, and libraries.
    private static let systemFiles = [
        "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/localtime", "/lib", "/lib64",
        "/usr/lib", "/usr/lib64", "/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf",
        "/usr/share/zoneinfo", "/proc",
    ]

    private var sandbox = Sandbox()
    /// Why the daemon is not confined; nil when it can be.
    private var obstacle: String?

    init(_ configuration: DaemonConfiguration) {
        for module in configuration.modules { allow(module) }
        for file in configuration.readFiles {
            let path = String(decoding: file, as: UTF8.self)
            for path in [path, FilePath.resolved(path) ?? path] {
                let directory = FilePath.directory(of: path)
                // Kubernetes replaces the content of a mounted Secret by changing a link in its directory.
                sandbox.allow(directory == "/" ? path : directory, .read)
            }
        }
        configuration.makeLockFiles()
        for file in configuration.writtenFiles { sandbox.allow(String(decoding: file, as: UTF8.self), .write) }
        let processIDFile = configuration.text(\.processIDFile)
        if !processIDFile.isEmpty { sandbox.allow(FilePath.directory(of: processIDFile), .remove) }
        if configuration.modules.contains(where: \.runsCommands) {
            obstacle = "modules run commands (early exec, pre-xfer exec, post-xfer exec)"
        }
        for path in Self.systemFiles { sandbox.allow(path, .read) }
    }

    private mutating func allow(_ module: ModuleSettings) {
        let name = String(decoding: module.name, as: UTF8.self)
        guard let path = FilePath.resolved(String(decoding: module.fixedPath, as: UTF8.self)) else {
            obstacle = obstacle ?? "the path of module \(name) does not exist yet, or depends on the client"
            return
        }
        let access: Sandbox.Access = module.mayBeWritten ? .write : .read
        // A rule applies to a directory, which may be removed and created again where nothing is mounted on it.
        let place = Sandbox.isMountPoint(path) ? path : FilePath.directory(of: path)
        if place == "/" { obstacle = obstacle ?? "module \(name) is / or directly below it" }
        sandbox.allow(place, access)
    }

    /// Confines the process while it has one thread.
    ///
    /// - Returns: A line for the log.
    func confine() -> String {
        if let obstacle { return "not confined to the modules: \(obstacle)" }
        do throws(SystemError) {
            switch try sandbox.confine() {
            case .unsupported(let reason): return "not confined to the modules: \(reason)"
            case .confined(let version):
                let places = sandbox.rules.filter { $0.access == .write }.map(\.path).joined(separator: ", ")
                return "confined to the modules by Landlock, version \(version); writable: \(places)"
            }
        } catch {
            return "not confined to the modules: \(error)"
        }
    }
}
