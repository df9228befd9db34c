/// One module's settings in a configuration.
package struct ModuleSettings: Equatable, Sendable {
    /// The name that clients request.
    package internal(set) var name: [UInt8] = []
    /// The directory.
    package internal(set) var path: [UInt8] = []
    /// The comment in the module listing.
    package internal(set) var comment: [UInt8] = []
    /// Whether the listing includes it.
    package internal(set) var isListed = true
    /// Whether clients may only pull.
    package internal(set) var isReadOnly = true
    /// Whether clients may only push.
    package internal(set) var isWriteOnly = false
    /// Whether owners keep their numeric IDs.
    package internal(set) var usesNumericIDs = false
    /// The I/O timeout in seconds; 0 for none.
    package internal(set) var timeout = 0
    /// The most connections at a time; 0 for no limit, negative for none at all.
    package internal(set) var connectionLimit = 0
    /// Names or letters of the options that clients may not use.
    package internal(set) var refusedOptions: [String] = []
    var users: [AuthenticationRule] = []
    var secretsFile: [UInt8] = []
    var isStrict = true
    var allow: [HostRule] = []
    var deny: [HostRule] = []

    /// Whether any client may push.
    package var mayBeWritten: Bool { !isReadOnly || users.contains { $0.access == .rw } }

    /// The password file; nil when there is none.
    package var secretsPath: [UInt8]? { secretsFile.isEmpty ? nil : secretsFile }

    /// The users who are admitted; nil when everyone is.
    var authentication: AuthenticationTable? {
        users.isEmpty ? nil : AuthenticationTable(rules: users, secretsFile: secretsFile, isStrict: isStrict)
    }
}
