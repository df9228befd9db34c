import LinuxSystem
package import RsyncCommand

/// Where a daemon's lines go: its own log, and that of each module.
package struct DaemonLog: Sendable {
    /// Opens a log file.
    package typealias Opener = @Sendable (_ path: [UInt8]) throws(CommandError) -> any LineOutput

    private let open: Opener
    /// Replaces every log file of the configuration (`--log-file`); nil where none is given.
    private let override: (any LineOutput)?
    /// Where lines go if there is neither a log file nor a system log.
    private let fallback: any LineOutput

    /// Prepares logs.
    package init(open: @escaping Opener, override: (any LineOutput)?, fallback: any LineOutput) {
        (self.open, self.override, self.fallback) = (open, override, fallback)
    }

    /// The same logs, with the files of a configuration open: for a daemon that will have another root directory.
    ///
    /// What cannot be opened is reported when it is needed. Files whose paths depend on a visit are opened in the new root.
    package func holding(_ configuration: DaemonConfiguration) -> DaemonLog {
        let settings = [configuration.defaults] + configuration.modules
        let paths = Set(settings.compactMap { Self.fixedPath($0.logFile) })
        var held: [[UInt8]: any LineOutput] = [:]
        for path in paths { held[path] = try? open(path) }
        let (files, open) = (held, open)
        let opener: Opener = { path throws(CommandError) in
            if let file = files[path] { return file }
            return try open(path)
        }
        return DaemonLog(open: opener, override: override, fallback: fallback)
    }

    /// A path without variables of a visit; nil for none, and for one with such variables.
    private static func fixedPath(_ text: VariableText) -> [UInt8]? {
        var isFixed = true
        let path = text.expanded { name in
            let value = SessionVariables().value(name)
            if value == nil { isFixed = false }
            return value
        }
        return isFixed && !path.isEmpty ? path : nil
    }

    /// The log of a module's settings; a file that cannot be opened is reported to the system log, which replaces it.
    func output(of settings: ModuleSettings, _ variables: SessionVariables) -> any LineOutput {
        if let override { return override }
        let system: any LineOutput =
            SystemLog.isAvailable
            ? SystemLog(facility: settings.facility, tag: variables.expand(settings.logTag)) : fallback
        let path = variables.expand(settings.logFile)
        guard !path.isEmpty else { return system }
        do throws(CommandError) {
            return try open(path)
        } catch {
            system.line("\(error)")
            return system
        }
    }

    /// The daemon's own log.
    package func output(of configuration: DaemonConfiguration) -> any LineOutput {
        output(of: configuration.defaults, SessionVariables())
    }
}
