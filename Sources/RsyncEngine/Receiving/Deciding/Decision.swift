import RsyncWire
import VolumeAccess

/// What shall become of one entry at the destination.
enum Decision: Hashable, Sendable {
    /// The file is longer than the limit: it is reported and left alone.
    case refuse
    /// Entries of this kind are not wanted (without `-l`, `--devices` or `--specials`).
    case skip
    /// Another name of the same file is under way; this one is linked to it later (`-H`).
    case wait
    /// What is there stays.
    ///
    /// - `report`: How it differs; nil when it is not reported.
    /// - `attributes`: What has to be set; nil when nothing has.
    /// - `ownCopy`: Whether it gets a copy of its own first, since its file has names that the source keeps apart.
    case keep(report: ItemFlags?, attributes: FileAttributes?, ownCopy: Bool = false)
    /// Content is asked for; `attributes` is what the finished file shall have.
    case transfer(report: ItemFlags, attributes: FileAttributes, inPlace: Bool, displaced: Displaced)
    /// A directory, symbolic link, device, FIFO or socket is made.
    case make(report: ItemFlags, attributes: FileAttributes, displaced: Displaced)
    /// The name becomes another name of the file that is in place.
    case link(report: ItemFlags, displaced: Displaced)
}

/// What becomes of that which is at the name of something new.
enum Displaced: Hashable, Sendable {
    /// Nothing is there.
    case nothing
    /// It is replaced in one step when the new is complete.
    case replaced
    /// It is removed first.
    case removed
    /// It is a directory, removed first: with its contents (`--delete`), or only if it is empty.
    case directory
}

extension Decision {
    /// Whether the name stands for another file than before once this is done.
    var makesNewFile: Bool {
        switch self {
        case .refuse, .skip, .wait: false
        case .keep(_, _, let ownCopy): ownCopy
        case .transfer(_, _, let inPlace, let displaced): !inPlace || displaced != .replaced
        case .make, .link: true
        }
    }

    /// How the entry differs, for the report; nil when there is none.
    var report: ItemFlags? {
        switch self {
        case .refuse, .skip, .wait: nil
        case .keep(let report, _, _): report
        case .transfer(let report, _, _, _), .make(let report, _, _), .link(let report, _): report
        }
    }
}

extension Decision: CustomStringConvertible {
    /// The decision in a user's words, such as `transfer (size, time), set mode 644 time 1700000000`.
    var description: String {
        switch self {
        case .refuse: "refuse, too large"
        case .skip: "skip, not wanted"
        case .wait: "wait for the first name"
        case .keep(let report, let attributes, let ownCopy):
            "keep" + (ownCopy ? ", in a copy of its own" : "") + (attributes?.suffix ?? "")
                + (report.map { ", report " + Self.differences($0) } ?? "")
        case .transfer(let report, let attributes, let inPlace, let displaced):
            "transfer " + (inPlace ? "in place " : "") + Self.differences(report) + displaced.suffix + attributes.suffix
        case .make(let report, let attributes, let displaced):
            "make " + Self.differences(report) + displaced.suffix + attributes.suffix
        case .link(let report, let displaced):
            (report.contains(.isNew) ? "hard link new" : "hard link") + displaced.suffix
        }
    }

    private static func differences(_ flags: ItemFlags) -> String {
        if flags.contains(.isNew) { return "new" }
        let words: [(ItemFlags, String)] = [
            (.reportChange, "content"), (.reportSize, "size"), (.reportTime, "time"),
            (.reportPermissions, "permissions"), (.reportOwner, "owner"), (.reportGroup, "group"),
        ]
        let found = words.filter { flags.contains($0.0) }.map(\.1)
        return found.isEmpty ? "unchanged" : "(" + found.joined(separator: ", ") + ")"
    }
}

extension Displaced {
    fileprivate var suffix: String {
        switch self {
        case .nothing, .replaced: ""
        case .removed: ", remove what is there"
        case .directory: ", remove the directory"
        }
    }
}

extension FileAttributes {
    /// What is set, by name; empty for nothing.
    fileprivate var suffix: String {
        let words: [String?] = [
            owner.map { "owner \($0)" }, group.map { "group \($0)" },
            permissions.map { "mode " + String($0, radix: 8) }, modified.map { "time \($0.seconds)" },
        ]
        let found = words.compactMap(\.self)
        return found.isEmpty ? "" : ", set " + found.joined(separator: " ")
    }
}
