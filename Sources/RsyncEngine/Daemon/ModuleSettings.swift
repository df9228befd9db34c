/// One module's settings in a configuration.
public struct ModuleSettings: Equatable, Sendable {
    /// The name that clients request.
    public internal(set) var name: [UInt8] = []
    /// The directory.
    public internal(set) var path: [UInt8] = []
    /// The comment in the module listing.
    public internal(set) var comment: [UInt8] = []
    /// Whether the listing includes it.
    public internal(set) var isListed = true
    /// Whether clients may only pull.
    public internal(set) var isReadOnly = true
    /// Whether clients may only push.
    public internal(set) var isWriteOnly = false
    /// Whether owners keep their numeric IDs.
    public internal(set) var usesNumericIDs = false
    /// The I/O timeout in seconds; 0 for none.
    public internal(set) var timeout = 0
    /// The most connections at a time; 0 for no limit, negative for none at all.
    public internal(set) var connectionLimit = 0
    /// Names or letters of the options that clients may not use.
    public internal(set) var refusedOptions: [String] = []
    var users: [AuthenticationRule] = []
    var secretsFile: [UInt8] = []
    var isStrict = true
    var allow: [HostRule] = []
    var deny: [HostRule] = []

    /// Whether any client may push.
    public var mayBeWritten: Bool { !isReadOnly || users.contains { $0.access == .rw } }

    /// The password file; nil when there is none.
    public var secretsPath: [UInt8]? { secretsFile.isEmpty ? nil : secretsFile }

    /// The users who are admitted; nil when everyone is.
    var authentication: AuthenticationTable? {
        users.isEmpty ? nil : AuthenticationTable(rules: users, secretsFile: secretsFile, isStrict: isStrict)
    }
}
