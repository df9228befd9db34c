import RsyncWire
import VolumeAccess

/// What to do about one entry at the destination.
enum Decision: Hashable, Sendable {
    /// The file exceeds the size limit: it is reported and left alone.
    case refuse
    /// The options exclude the entry, which is left alone.
    case skip(SkipReason)
    /// Another name of the same file is being transferred; this one is linked to it later (`-H`).
    case wait
    /// The existing entry is kept.
    ///
    /// - `report`: The differences; nil when it is not reported.
    /// - `attributes`: The attributes to set; nil for none.
    /// - `ownCopy`: Whether it first gets its own copy, because its file has names that the source keeps separate.
    case keep(report: ItemFlags?, attributes: FileAttributes?, ownCopy: Bool = false)
    /// The content is requested; `attributes` are those of the finished file.
    ///
    /// `basis`: what it is compared with, by number among the candidate's bases; nil for the existing file.
    case transfer(
        report: ItemFlags,
        attributes: FileAttributes,
        inPlace: Bool,
        displaced: Displaced,
        basis: Int? = nil
    )
    /// An entry of an alternate directory takes its place.
    case take(Taking, report: ItemFlags?, attributes: FileAttributes, displaced: Displaced)
    /// A directory, symbolic link, device, FIFO or socket is created.
    case make(report: ItemFlags?, attributes: FileAttributes, displaced: Displaced)
    /// The name is linked to the file that is in place.
    case link(report: ItemFlags?, displaced: Displaced)
}

/// Why an entry is skipped.
enum SkipReason: Hashable, Sendable {
    /// Entries of this type are not transferred (without `-l`, `--devices` or `--specials`).
    case unwantedType
    /// Nothing is at its name (`--existing`).
    case missing
    /// Something is at its name (`--ignore-existing`).
    case exists
    /// The file at its name is newer (`-u`).
    case newer
    /// The file is longer than `--max-size`.
    case tooLong
    /// The file is shorter than `--min-size`.
    case tooShort
    /// The symbolic link may lead out of the transfer (`--safe-links`).
    case leadsOut
    /// The file at its name differs and is not shorter (`--append`).
    case notShorter
}

/// What happens to an existing entry whose name a new one takes.
enum Displaced: Hashable, Sendable {
    /// Nothing is there.
    case nothing
    /// It is replaced atomically when the new entry is complete.
    case replaced
    /// It is replaced in the same way, and has the same content and attributes, so that no backup is made.
    case equal
    /// It is removed first.
    case removed
    /// It is a directory, removed first: with its contents (`--delete`), or only if it is empty.
    case directory
}

extension Displaced {
    /// Whether the new entry takes its place atomically.
    var isReplaced: Bool { self == .replaced || self == .equal }
}

extension Decision {
    /// Whether the name refers to a different file once this is done.
    var makesNewFile: Bool {
        switch self {
        case .refuse, .skip, .wait: false
        case .keep(_, _, let ownCopy): ownCopy
        case .transfer(_, _, let inPlace, let displaced, _): !inPlace || displaced != .replaced
        case .take, .make, .link: true
        }
    }

    /// Whether `--remove-source-files` leaves the sender's entry although this was done: symbolic links, devices, FIFOs and sockets
    /// that nothing but an alternate directory's entry stands for.
    func leavesSource(of entry: FileEntry) -> Bool {
        guard !entry.isRegular, case .take(let taking, _, _, _) = self else { return false }
        switch taking {
        case .nothing, .link: return true
        case .copy: return false
        }
    }

    /// The differences to report; nil when nothing is reported.
    var report: ItemFlags? {
        switch self {
        case .refuse, .skip, .wait: nil
        case .transfer(let report, _, _, _, _): report
        case .keep(let report, _, _), .take(_, let report, _, _), .make(let report, _, _), .link(let report, _): report
        }
    }
}

extension Decision {
    /// The extended attributes that are set by the generator; nil for none.
    var extendedAttributes: ExtendedAttributesChange? {
        switch self {
        case .keep(_, let attributes, _): attributes?.extended
        case .make(_, let attributes, _): attributes.extended
        // Without a difference the copied file has all values.
        case .take(.copy, let report?, let attributes, _) where report.contains(.reportAttributes): attributes.extended
        default: nil
        }
    }

    /// Leaves out the extended attributes that the generator would set.
    mutating func withholdExtendedAttributes() {
        switch self {
        case .keep(let report, var attributes, let ownCopy):
            attributes?.extended = nil
            self = .keep(report: report, attributes: attributes, ownCopy: ownCopy)
        case .make(let report, var attributes, let displaced):
            attributes.extended = nil
            self = .make(report: report, attributes: attributes, displaced: displaced)
        case .take(let taking, let report, var attributes, let displaced):
            attributes.extended = nil
            self = .take(taking, report: report, attributes: attributes, displaced: displaced)
        default: break
        }
    }
}

extension Decision: CustomStringConvertible {
    /// A readable form, such as `transfer (size, time), set mode 644 time 1700000000`.
    var description: String {
        switch self {
        case .refuse: "refuse, too large"
        case .skip(.unwantedType): "skip, not wanted"
        case .skip(.missing): "skip, nothing is there"
        case .skip(.exists): "skip, it exists"
        case .skip(.newer): "skip, what is there is newer"
        case .skip(.tooLong): "skip, too long"
        case .skip(.tooShort): "skip, too short"
        case .skip(.leadsOut): "skip, unsafe link"
        case .skip(.notShorter): "skip, what is there is not shorter"
        case .wait: "wait for the first name"
        case .keep(let report, let attributes, let ownCopy):
            "keep" + (ownCopy ? ", in a copy of its own" : "") + (attributes?.suffix ?? "")
                + (report.map { ", report " + Self.differences($0) } ?? "")
        case .transfer(let report, let attributes, let inPlace, let displaced, let basis):
            "transfer " + (inPlace ? "in place " : "") + Self.differences(report)
                + (basis.map { ", compare with \($0)" } ?? "") + displaced.suffix + attributes.suffix
        case .take(let taking, let report, let attributes, let displaced):
            taking.description + displaced.suffix + (taking.isCopy ? attributes.suffix : "")
                + (report.map { ", report " + Self.differences($0) } ?? "")
        case .make(let report, let attributes, let displaced):
            "make " + Self.differences(report ?? []) + displaced.suffix + attributes.suffix
        case .link(let report, let displaced):
            "hard link" + (report.map { " " + Self.differences($0) } ?? "") + displaced.suffix
        }
    }

    private static func differences(_ flags: ItemFlags) -> String {
        if flags.contains(.isNew) { return "new" }
        let words: [(ItemFlags, String)] = [
            (.reportChange, "content"), (.reportSize, "size"), (.reportTime, "time"),
            (.reportAccessTime, "access time"), (.reportPermissions, "permissions"), (.reportOwner, "owner"),
            (.reportGroup, "group"),
            (.reportACL, "ACL"), (.reportAttributes, "attributes"),
        ]
        let found = words.filter { flags.contains($0.0) }.map(\.1)
        return found.isEmpty ? "unchanged" : "(" + found.joined(separator: ", ") + ")"
    }
}

extension Displaced {
    fileprivate var suffix: String {
        switch self {
        case .nothing, .replaced: ""
        case .equal: ", no backup"
        case .removed: ", remove what is there"
        case .directory: ", remove the directory"
        }
    }
}

extension FileAttributes {
    /// The attributes that are set, by name; empty for none.
    fileprivate var suffix: String {
        let words: [String?] = [
            owner.map { "owner \($0)" }, group.map { "group \($0)" },
            permissions.map { "mode " + String($0, radix: 8) }, modified.map { "time \($0.seconds)" },
            accessed.map { "access time \($0.seconds)" },
            accessList.map { $0 == .none ? "no ACL" : "ACL" },
            defaultList.map { $0 == .none ? "no default ACL" : "default ACL" },
            extended.map { _ in "attributes" },
        ]
        let found = words.compactMap(\.self)
        return found.isEmpty ? "" : ", set " + found.joined(separator: " ")
    }
}

extension Taking: CustomStringConvertible {
    var description: String {
        switch self {
        case .nothing: "leave it out"
        case .link(let number): "link to \(number)"
        case .copy(let number): "copy \(number)"
        }
    }

    fileprivate var isCopy: Bool { if case .copy = self { true } else { false } }
}
