import LinuxSystem
import VolumeAccess

/// What a tree holds that is next to content and the usual metadata; not every transfer carries it.
///
/// What the kernel and its security modules set by themselves, such as `security.selinux`, is not counted: the target's
/// system does so too.
package struct AttributeFacts: Hashable, Sendable {
    /// Entries with extended attributes of users or of the superuser (`user.`, `trusted.`).
    package private(set) var attributed: Int64 = 0
    /// Entries with extended attributes that only the superuser sees (`trusted.`).
    package private(set) var trusted: Int64 = 0
    /// Entries with POSIX access control lists, also those that a directory hands down.
    package private(set) var accessLists: Int64 = 0
    /// Files with capabilities, which let a program do what its user may not.
    package private(set) var capabilities: Int64 = 0
    /// Names of extended attributes, printable and sorted: the first ``namesKept``.
    package private(set) var names: [String] = []

    /// How many names are kept.
    package static let namesKept = 5

    /// Whether there is nothing of the kind.
    package var isEmpty: Bool { attributed == 0 && accessLists == 0 && capabilities == 0 }

    /// Takes in the names of one entry's attributes.
    mutating func add(_ attributes: [[UInt8]]) {
        var (isAttributed, hasList, hasCapabilities) = (false, false, false)
        var isTrusted = false
        for name in attributes {
            if name.starts(with: "user.".utf8) || name.starts(with: "trusted.".utf8) {
                isAttributed = true
                if name[0] == UInt8(ascii: "t") { isTrusted = true }
                keep(PrintableText.path(name))
            } else if name.starts(with: "system.posix_acl_".utf8) {
                hasList = true
            } else if name.elementsEqual("security.capability".utf8) {
                hasCapabilities = true
            }
        }
        if isAttributed { attributed += 1 }
        if isTrusted { trusted += 1 }
        if hasList { accessLists += 1 }
        if hasCapabilities { capabilities += 1 }
    }

    mutating func merge(_ other: AttributeFacts) {
        attributed += other.attributed
        trusted += other.trusted
        accessLists += other.accessLists
        capabilities += other.capabilities
        other.names.forEach { keep($0) }
    }

    private mutating func keep(_ name: String) {
        guard !names.contains(name) else { return }
        names = Array((names + [name]).sorted().prefix(Self.namesKept))
    }

    /// What a copy loses, such as `ACLs of 3 entries`; nil for nothing.
    package func loss(carrying carried: CarriedAttributes) -> String? {
        let parts = [
            Self.part(carried.extended ? 0 : attributed, "extended attributes (\(names.joined(separator: ", ")))"),
            Self.part(carried.lists ? 0 : accessLists, "ACLs"),
            Self.part(carried.extended ? 0 : capabilities, "file capabilities"),
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func part(_ count: Int64, _ what: String) -> String? {
        count == 0 ? nil : "\(what) of \(counted(count, "entry", plural: "entries"))"
    }
}
