/// What a configuration says about one module.
public struct ModuleSettings: Equatable, Sendable {
    /// The name that clients ask for.
    public internal(set) var name: [UInt8] = []
    /// The directory.
    public internal(set) var path: [UInt8] = []
    /// Text for the listing.
    public internal(set) var comment: [UInt8] = []
    /// Whether the listing shows it.
    public internal(set) var isListed = true
    /// Whether clients may only pull.
    public internal(set) var isReadOnly = true
    /// Whether clients may only push.
    public internal(set) var isWriteOnly = false
    /// Whether owners keep their numbers.
    public internal(set) var usesNumericIDs = false
    /// The longest silence in seconds; 0 for none.
    public internal(set) var timeout = 0
    /// Connections at a time; 0 for any number, negative for none.
    public internal(set) var connectionLimit = 0
    /// Names or letters of options that clients may not use.
    public internal(set) var refusedOptions: [String] = []
    var users: [AuthenticationRule] = []
    var secretsFile: [UInt8] = []
    var isStrict = true
    var allow: [HostRule] = []
    var deny: [HostRule] = []

    /// Whether some client may push.
    public var mayBeWritten: Bool { !isReadOnly || users.contains { $0.access == .rw } }

    /// The file of passwords; nil when there is none.
    public var secretsPath: [UInt8]? { secretsFile.isEmpty ? nil : secretsFile }

    /// Who may enter; nil when everybody may.
    var authentication: AuthenticationTable? {
        users.isEmpty ? nil : AuthenticationTable(rules: users, secretsFile: secretsFile, isStrict: isStrict)
    }
}
