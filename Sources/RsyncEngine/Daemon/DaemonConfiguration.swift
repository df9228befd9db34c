import Glibc
import LinuxSystem
import RsyncOptions

/// A daemon's configuration: `rsyncd.conf` (protocol specification, session 11).
///
/// Settings that this daemon cannot carry out are refused; those that it carries out differently are listed in
/// ``notices``.
package struct DaemonConfiguration: Equatable, Sendable {
    /// The address to listen on; nil for all.
    package private(set) var address: String?
    /// The port to listen on; nil for 873.
    package private(set) var port: UInt16?
    /// The file that the process ID is written to.
    package private(set) var pidFile: [UInt8]?
    /// The file whose text follows the greeting.
    package private(set) var messageFile: [UInt8]?
    /// The log file; nil for standard error.
    package private(set) var logFile: [UInt8]?
    /// The modules, in the order of the file.
    package private(set) var modules: [ModuleSettings] = []
    /// Parameters that were ignored or are carried out differently, for the log.
    package private(set) var notices: [String] = []

    /// Parses a configuration.
    ///
    /// - Parameter contents: The file's bytes.
    /// - Throws: ``DaemonConfigurationError`` at the first line that cannot be carried out.
    package init(parsing contents: [UInt8]) throws(DaemonConfigurationError) {
        var defaults = ModuleSettings()
        for section in try ConfigurationLines(contents).sections {
            guard let name = section.name else {
                for parameter in section.parameters where try !setGlobal(parameter) {
                    try set(parameter, in: &defaults)
                }
                continue
            }
            var module = defaults
            module.name = name
            for parameter in section.parameters { try set(parameter, in: &module) }
            guard !module.path.isEmpty else {
                throw DaemonConfigurationError(line: section.line, reason: "the module \(printable(name)) has no path")
            }
            if !module.users.isEmpty, module.secretsFile.isEmpty {
                let reason = "the module \(printable(name)) has auth users but no secrets file"
                throw DaemonConfigurationError(line: section.line, reason: reason)
            }
            modules.removeAll { $0.name == name }
            modules.append(module)
        }
    }

    private mutating func setGlobal(
        _ parameter: ConfigurationLines.Parameter
    ) throws(DaemonConfigurationError) -> Bool {
        switch parameter.key {
        case "address", "bindaddress": address = parameter.text
        case "port", "rsyncport":
            guard let number = UInt16(parameter.text), number > 0 else { throw parameter.flaw("this is no port") }
            port = number
        case "pidfile": pidFile = parameter.value
        case "motdfile": messageFile = parameter.value
        case "listenbacklog", "socketoptions", "syslogtag": notices.append(parameter.ignored)
        case "daemonuid", "daemongid": try checkIdentity(parameter, isGroup: parameter.key == "daemongid")
        default: return false
        }
        return true
    }

    private mutating func set(
        _ parameter: ConfigurationLines.Parameter,
        in module: inout ModuleSettings
    ) throws(DaemonConfigurationError) {
        switch parameter.key {
        case "path":
            guard parameter.value.first == UInt8(ascii: "/") else { throw parameter.flaw("a path starts with a slash") }
            module.path = parameter.value
        case "comment": module.comment = parameter.value
        case "list": module.isListed = try parameter.boolean()
        case "readonly": module.isReadOnly = try parameter.boolean()
        case "writeonly": module.isWriteOnly = try parameter.boolean()
        case "authusers": module.users = try parameter.users()
        case "secretsfile": module.secretsFile = parameter.value
        case "strictmodes": module.isStrict = try parameter.boolean()
        case "hostsallow": module.allow = try parameter.hosts()
        case "hostsdeny": module.deny = try parameter.hosts()
        case "maxconnections": module.connectionLimit = try parameter.number()
        case "timeout": module.timeout = max(0, try parameter.number())
        case "numericids": module.usesNumericIDs = try parameter.boolean(unset: false)
        case "refuseoptions": module.refusedOptions = try parameter.refusedOptions()
        case "logfile": logFile = parameter.value
        case "uid", "gid": try checkIdentity(parameter, isGroup: parameter.key == "gid")
        case "usechroot":
            if try parameter.boolean(unset: true) {
                note("\(parameter.name): modules are confined by the directory's descriptor instead")
            }
        case "lockfile", "maxverbosity", "syslogfacility", "transferlogging", "logformat", "dontcompress",
            "reverselookup", "forwardlookup", "opennoatime":
            notices.append(parameter.ignored)
        case _ where Self.mustBeOff.contains(parameter.key):
            if parameter.value.isEmpty { return }
            guard try !parameter.boolean(unset: false) else { throw parameter.flaw("this is not supported") }
        case _ where Self.refused.contains(parameter.key):
            if !parameter.value.isEmpty { throw parameter.flaw("this parameter is not supported") }
        default: notices.append("unknown parameter ignored: \(parameter.name) (line \(parameter.line))")
        }
    }

    /// Parameters of rsync that affect files or access: ignoring them would do harm.
    private static let mustBeOff: Set<String> = [
        "mungesymlinks", "fakesuper", "ignoreerrors", "ignorenonreadable", "proxyprotocol", "insecurelinks",
    ]
    private static let refused: Set<String> = [
        "exclude", "include", "filter", "excludefrom", "includefrom", "incomingchmod", "outgoingchmod", "tempdir",
        "charset", "earlyexec", "pre-xferexec", "post-xferexec", "nameconverter", "daemonchroot", "authdigest",
        "proxyprotocolhosts",
    ]

    private mutating func note(_ text: String) {
        if !notices.contains(text) { notices.append(text) }
    }

    /// The daemon serves under its own identity: another one would need a process per connection.
    private func checkIdentity(
        _ parameter: ConfigurationLines.Parameter,
        isGroup: Bool
    ) throws(DaemonConfigurationError) {
        let own = isGroup ? getegid() : geteuid()
        let found = UInt32(parameter.text) ?? Self.number(of: parameter.text, isGroup: isGroup)
        guard found == own else {
            throw parameter.flaw("this daemon serves as the one who started it (\(own)), not as \(parameter.text)")
        }
    }

    private static func number(of name: String, isGroup: Bool) -> UInt32? {
        let name = Array(name.utf8)
        return isGroup ? IdentityDatabase.group(named: name) : IdentityDatabase.user(named: name)
    }
}

extension ConfigurationLines.Parameter {
    fileprivate var text: String { String(decoding: value, as: UTF8.self) }

    fileprivate var ignored: String { "\(name) has no effect here (line \(line))" }

    fileprivate func flaw(_ reason: String) -> DaemonConfigurationError {
        DaemonConfigurationError(line: line, reason: "\(name) = \(printable(value)): \(reason)")
    }

    /// The entries of a list, separated by spaces or commas.
    private var words: [[UInt8]] {
        value.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") || $0 == 9 }.map(Array.init)
    }

    fileprivate func boolean(unset: Bool? = nil) throws(DaemonConfigurationError) -> Bool {
        switch text.lowercased() {
        case "yes", "true", "1": return true
        case "no", "false", "0": return false
        case "unset", "-1":
            if let unset { return unset }
            fallthrough
        default: throw flaw("this is neither yes nor no")
        }
    }

    fileprivate func number() throws(DaemonConfigurationError) -> Int {
        guard let number = Int32(text) else { throw flaw("this is no number") }
        return Int(number)
    }

    fileprivate func users() throws(DaemonConfigurationError) -> [AuthenticationRule] {
        var rules: [AuthenticationRule] = []
        for word in words {
            guard let rule = AuthenticationRule(word) else {
                throw flaw("only user, user:deny, user:ro and user:rw are supported")
            }
            rules.append(rule)
        }
        return rules
    }

    fileprivate func hosts() throws(DaemonConfigurationError) -> [HostRule] {
        var rules: [HostRule] = []
        for word in words {
            guard let rule = HostRule(String(decoding: word, as: UTF8.self)) else {
                throw flaw("only addresses, address/bits, address/mask, localhost and * are supported")
            }
            rules.append(rule)
        }
        return rules
    }

    fileprivate func refusedOptions() throws(DaemonConfigurationError) -> [String] {
        let names = words.map { String(decoding: $0, as: UTF8.self) }
        for name in names where !OptionTable.canRefuse(name) {
            throw flaw("\(name): this cannot be refused here (no wildcards, no !, only options that are served)")
        }
        return names
    }
}
