import RsyncOptions

/// One module's settings in a configuration, with the manual's defaults.
package struct ModuleSettings: Equatable, Sendable {
    /// The name that clients request.
    package internal(set) var name: [UInt8] = []
    /// The directory.
    var path: VariableText = ""
    /// The comment in the module listing.
    var comment: VariableText = ""
    /// Whether the listing includes it.
    var isListed = true

    // MARK: Who may do what

    /// Whether clients may only pull.
    var isReadOnly = true
    /// Whether clients may only push.
    var isWriteOnly = false
    var users: [AuthenticationRule] = []
    var secretsFile: VariableText = ""
    var isStrict = true
    /// The name of the weakest digest that is accepted; empty for any.
    var leastDigest: VariableText = ""
    var allow: [HostRule] = []
    var deny: [HostRule] = []
    var looksUpNames = true
    var looksUpAddresses = true
    /// The most connections at a time; 0 for no limit, negative for none at all.
    var connectionLimit = 0
    var lockFile: VariableText = "/var/run/rsyncd.lock"
    var refusals = OptionRefusals([])

    // MARK: The process that serves

    var user: VariableText = ""
    var group: VariableText = ""
    var usesChroot: Bool?
    var earlyCommand: VariableText = ""
    var commandBefore: VariableText = ""
    var commandAfter: VariableText = ""

    // MARK: Files

    /// Whether owners keep their numeric IDs.
    var usesNumericIDs: Bool?
    var mungesLinks: Bool?
    var isFakeSuper = false
    var ignoresErrors = false
    var ignoresUnreadable = false
    var filter: VariableText = ""
    var include: VariableText = ""
    var includeFrom: VariableText = ""
    var exclude: VariableText = ""
    var excludeFrom: VariableText = ""
    var incomingModes = ModeChanges()
    var outgoingModes = ModeChanges()
    var temporaryDirectory: VariableText = ""
    var keepsAccessTimes: Bool?
    var uncompressed: VariableText = ""
    /// The I/O timeout in seconds; 0 for none.
    var timeout = 0

    // MARK: Log

    var logFile: VariableText = ""
    var logFormat: VariableText = "%o %h [%a] %m (%u) %f %l"
    var logsTransfers = false
    var largestVerbosity = 1
    var facility = SystemLog.Facility.daemon
    var logTag: VariableText = "rsyncd"

    /// Whether any client may push.
    package var mayBeWritten: Bool { !isReadOnly || users.contains { $0.access == .rw } }

    /// The directory, if it depends on nothing that a client sends.
    package var fixedPath: [UInt8] { path.ofProcess }

    /// Whether commands run for a client.
    package var runsCommands: Bool { !(earlyCommand.isEmpty && commandBefore.isEmpty && commandAfter.isEmpty) }
}
