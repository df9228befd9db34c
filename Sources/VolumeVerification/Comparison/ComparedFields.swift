/// Of what two entries are compared; their types always are.
package struct ComparedFields: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Without the standard library's generic initializer, which is slow across modules.
    package init(arrayLiteral elements: ComparedFields...) {
        var bits = 0
        for element in elements { bits |= element.rawValue }
        self.init(rawValue: bits)
    }

    /// Size and content of regular files.
    package static let content = ComparedFields(rawValue: 1)
    /// Permissions, with setuid, setgid and sticky.
    package static let modes = ComparedFields(rawValue: 2)
    /// Owner and group, by number.
    package static let owners = ComparedFields(rawValue: 4)
    /// Modification times, to the nanosecond.
    package static let times = ComparedFields(rawValue: 8)
    /// What symbolic links lead to.
    package static let targets = ComparedFields(rawValue: 16)
    /// The numbers of devices.
    package static let devices = ComparedFields(rawValue: 32)
    /// Which names are of the same file.
    package static let links = ComparedFields(rawValue: 64)
    /// Extended attributes.
    package static let attributes = ComparedFields(rawValue: 128)
    /// ACLs.
    package static let accessLists = ComparedFields(rawValue: 256)
    /// Owner, mode, times and attributes of the root itself.
    package static let root = ComparedFields(rawValue: 512)

    /// Everything.
    package static let all = ComparedFields(rawValue: 1023)

    /// Their names on a command line, in the order in which they are listed.
    package static let names: [(name: String, field: ComparedFields)] = [
        ("content", .content), ("modes", .modes), ("owners", .owners), ("times", .times), ("targets", .targets),
        ("devices", .devices), ("links", .links), ("xattrs", .attributes), ("acls", .accessLists), ("root", .root),
    ]
}
