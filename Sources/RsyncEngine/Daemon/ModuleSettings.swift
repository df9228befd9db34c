/// What a configuration says about one module.
package struct ModuleSettings: Equatable, Sendable {
    /// The name that clients ask for.
    package internal(set) var name: [UInt8] = []
    /// The directory.
    package internal(set) var path: [UInt8] = []
    /// Text for the listing.
    package internal(set) var comment: [UInt8] = []
    /// Whether the listing shows it.
    package internal(set) var isListed = true
    /// Whether clients may only pull.
    package internal(set) var isReadOnly = true
    /// Whether clients may only push.
    package internal(set) var isWriteOnly = false
    /// Whether owners keep their numbers.
    package internal(set) var usesNumericIDs = false
    /// The longest silence in seconds; 0 for none.
    package internal(set) var timeout = 0
    /// Connections at a time; 0 for any number, negative for none.
    package internal(set) var connectionLimit = 0
    /// Names or letters of options that clients may not use.
    package internal(set) var refusedOptions: [String] = []
    var users: [AuthenticationRule] = []
    var secretsFile: [UInt8] = []
    var isStrict = true
    var allow: [HostRule] = []
    var deny: [HostRule] = []

    /// Whether some client may push.
    package var mayBeWritten: Bool { !isReadOnly || users.contains { $0.access == .rw } }

    /// The file of passwords; nil when there is none.
    package var secretsPath: [UInt8]? { secretsFile.isEmpty ? nil : secretsFile }

    /// Who may enter; nil when everybody may.
    var authentication: AuthenticationTable? {
        users.isEmpty ? nil : AuthenticationTable(rules: users, secretsFile: secretsFile, isStrict: isStrict)
    }
}
