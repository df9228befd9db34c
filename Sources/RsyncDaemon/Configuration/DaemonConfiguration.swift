/// A daemon's configuration: `rsyncd.conf` (protocol specification, session 11).
///
/// What this daemon cannot carry out is refused; what it ignores is listed in ``notices``.
package struct DaemonConfiguration: Equatable, Sendable {
    /// Settings of the whole daemon.
    package struct Globals: Equatable, Sendable {
        /// The address to listen on; empty for all.
        package var address: VariableText = ""
        /// The port to listen on.
        package var port: UInt16 = 873
        /// Connections that wait to be accepted.
        package var backlog = 5
        /// Socket options by name.
        package var socketOptions: VariableText = ""
        /// The file that the process ID is written to.
        package var processIDFile: VariableText = ""
        /// The file whose text follows the greeting.
        package var messageFile: VariableText = ""
        /// The directory that the whole daemon is confined to (chroot(2)); empty for none.
        package var root: VariableText = ""
        /// The user that the daemon runs as; empty for the one who started it.
        package var user: VariableText = ""
        /// The group that the daemon runs as; empty for that of the one who started it.
        package var group: VariableText = ""
        /// Whether connections begin with a PROXY header.
        package var expectsProxyHeader = false
        /// The proxies that are trusted.
        var proxies: [HostRule] = []
    }

    /// A line of `--dparam`.
    package struct Override: Equatable, Sendable {
        let key: String
        /// As written.
        package let name: String
        let value: [UInt8]

        /// Splits `NAME=VALUE`; nil without a name or `=`.
        package init?(_ text: [UInt8]) {
            guard let cut = text.firstIndex(of: UInt8(ascii: "=")), cut > 0 else { return nil }
            name = String(decoding: ConfigurationLines.trimmed(text[..<cut]), as: UTF8.self)
            key = ParameterDescriptor.key(of: name)
            value = ConfigurationLines.trimmed(text[(cut + 1)...])
        }

        /// Whether there is such a parameter.
        package var isKnown: Bool { ParameterTable.byKey[key] != nil }
    }

    /// Settings of the whole daemon.
    package internal(set) var globals = Globals()
    /// The settings that a module begins with, and those of the daemon's own log.
    var defaults = ModuleSettings()
    /// The modules, in the order of the file.
    package internal(set) var modules: [ModuleSettings] = []
    /// Parameters that were ignored, for the log.
    package internal(set) var notices: [String] = []

    /// The files and directories that it was read from.
    package internal(set) var files: [[UInt8]] = []

    init() {}

    /// Reads a configuration and the files that it includes.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Parameters of the command line, which replace the daemon's settings and the defaults of modules.
    ///   - files: Where files are read from.
    /// - Throws: ``DaemonConfigurationError`` at the first line that cannot be carried out.
    package init(
        reading path: [UInt8],
        overrides: [Override] = [],
        from files: ConfigurationFiles = .system
    ) throws(DaemonConfigurationError) {
        var reader = ConfigurationReader(files: files, overrides: overrides)
        self = try reader.read(path)
    }

    /// Parses one file's contents.
    package init(parsing contents: [UInt8]) throws(DaemonConfigurationError) {
        var reader = ConfigurationReader(files: .system, overrides: [])
        self = try reader.parse(contents)
    }

    /// A path or a name of the whole daemon, its variables replaced.
    package func path(_ setting: KeyPath<Globals, VariableText>) -> [UInt8] { globals[keyPath: setting].ofProcess }

    /// A text of the whole daemon, its variables replaced.
    package func text(_ setting: KeyPath<Globals, VariableText>) -> String {
        String(decoding: path(setting), as: UTF8.self)
    }

    /// The module of a name.
    func module(named name: [UInt8]) -> ModuleSettings? { modules.first { $0.name == name } }
}
