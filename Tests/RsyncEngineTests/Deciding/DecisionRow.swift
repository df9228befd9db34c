import FileMetadata
import Glibc
import RsyncOptions
import RsyncWire
import Testing
import VolumeAccess

@testable import RsyncEngine

/// A row of ``decisionTable``.
struct DecisionRow: Sendable, CustomTestStringConvertible {
    var listed: String
    var there: String
    var options: String
    var decision: String

    var testDescription: String { "\(listed) | \(there) | \(options)" }

    static let all: [DecisionRow] = decisionTable.split(separator: "\n").compactMap { line in
        guard !line.hasPrefix("#") else { return nil }
        let columns = line.split(separator: "|").map { String($0.trimmingSuffix().drop { $0 == " " }) }
        precondition(columns.count == 4, "not a row: \(line)")
        return DecisionRow(listed: columns[0], there: columns[1], options: columns[2], decision: columns[3])
    }

    /// The candidate that the first two columns describe.
    func candidate() throws -> Candidate {
        let words = try EntryWords(listed)
        var entry = FileEntry()
        entry.mode = words.mode
        entry.size = words.size
        entry.modified = words.modified.seconds
        entry.nanoseconds = UInt32(words.modified.nanoseconds)
        (entry.uid, entry.gid) = (words.owner, words.group)
        if words.others.contains("outsider") { entry.flags.insert(.skipGroup) }
        let role = try words.linkRole()
        if role != .alone { entry.flags.insert(.hardLinked) }
        entry.extra = 0
        let list = FileList(start: 1, directory: -1)
        var extra = FileEntryExtra()
        (extra.deviceMajor, extra.deviceMinor) = words.device
        list.extras = [extra]
        var attributes = EntryAttributes()
        attributes.accessed = words.accessed
        entry.attributes = list.add(attributes)
        let name = Array("name".utf8)
        let isAdded = list.add(entry, parent: [], leaf: name.span)
        #expect(isAdded)
        let parts = there.split(separator: ";").map { String($0.trimmingSuffix().drop { $0 == " " }) }
        let current = parts[0] == "-" ? nil : try EntryWords(parts[0])
        var candidate = Candidate(
            entry: list.entries[0],
            index: 1,
            list: list,
            name: list.name(of: list.entries[0]),
            leaf: list.leaf(of: list.entries[0]),
            directory: nil,
            current: current?.status
        )
        let others = parts.dropFirst().filter { $0 != "unreadable" }
        candidate.bases = try others.enumerated().map { try Self.basis($1, number: $0) }
        candidate.isUnreadable = parts.contains("unreadable")
        candidate.link = role
        candidate.inheritedPermissions = try rules().keepsPermissions ? nil : words.inherited
        candidate.metadata = try metadata(words, current)
        candidate.content = current?.content ?? .unread
        candidate.sharedNames = current?.sharedNames ?? 0
        return candidate
    }

    /// Another file, from its kind and its description.
    private static func basis(_ text: String, number: Int) throws -> BasisCandidate {
        let kind = text.prefix { $0 != " " }
        var words = try EntryWords(String(text.dropFirst(kind.count)))
        words.inode = words.inode ?? 2 + UInt64(number)
        let places: [Substring: BasisPlace] = [
            "alt": .alternate(number), "partial": .partial, "similar": .fuzzy([120]),
        ]
        let place = try #require(places[kind], "an unknown place: \(kind)")
        return BasisCandidate(place: place, status: words.status, content: words.content)
    }

    /// ACLs and extended attributes in sessions that carry them.
    private func metadata(_ listed: EntryWords, _ current: EntryWords?) throws -> CandidateMetadata? {
        let rules = try rules()
        guard rules.keepsLists || rules.attributeNames != nil else { return nil }
        var metadata = CandidateMetadata()
        if listed.others.contains("acl") { metadata.accessList.named = [.init(isUser: true, id: 7, permissions: 4)] }
        if listed.others.contains("attr") {
            metadata.extended = ExtendedAttributeSet([ExtendedAttribute(name: Array("user.a".utf8), value: [1])])
        }
        (metadata.lists, metadata.attributes) = (current?.lists ?? .unread, current?.attributes ?? .unread)
        return metadata
    }

    /// The rules that the options make.
    func rules() throws -> DecisionRules {
        var options = TransferOptions()
        var (isRoot, version, grain) = (true, Int32(32), TimeGrain())
        for word in self.options.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            let value = parts.count > 1 ? try #require(Int64(parts[1])) : 0
            switch parts[0] {
            case "user": isRoot = false
            case "grain": grain = TimeGrain(step: value, on: 0)
            case "--protocol": version = Int32(value)
            case "--nanoseconds": options.comparison.comparesNanoseconds = true
            case "--modify-window": options.comparison.modifyWindow = Int32(value)
            case "--existing": options.comparison.existing = true
            case "--ignore-existing": options.comparison.ignoreExisting = true
            case "--compare-dest": options.placement.alternates = [[]]
            case "--copy-dest", "--link-dest":
                options.placement.alternates = [[]]
                options.placement.alternateUse = parts[0] == "--copy-dest" ? .copy : .link
            case "--partial": options.placement.partial = true
            case "--backup": options.placement.backup = true
            case "--size-only": options.comparison.sizeOnly = true
            case "--super": options.attributes.privileges = .attempted
            case "--no-super": options.attributes.privileges = .none
            case "--drop-D": options.attributes.dropsDevices = true
            case "--inplace": options.placement.inPlace = true
            case "--append": options.placement.appending = .trusting
            case "--omit-dir-times": options.attributes.omitDirectoryTimes = true
            case "--max-size": options.selection.largestSize = value
            case "--min-size": options.selection.smallestSize = value
            case "--safe-links": options.selection.links.keepsSafeOnly = true
            case "--max-file-size": options.limits.largestFile = value
            default:
                try #require(!word.hasPrefix("--") && word.hasPrefix("-"), "an unknown option: \(word)")
                for letter in word.dropFirst() { try options.set(letter) }
            }
        }
        var rules = DecisionRules(
            options,
            dialect: Dialect(version),
            execution: Execution(options),
            isLocal: false,
            isRoot: isRoot,
            mask: 0o022
        )
        rules.grain = grain
        return rules
    }
}

extension TransferOptions {
    fileprivate mutating func set(_ letter: Character) throws {
        switch letter {
        case "a": setArchive()
        case "r": selection.recursive = true
        case "l": attributes.links = true
        case "p": attributes.permissions = true
        case "t": attributes.times = true
        case "D": (attributes.devices, attributes.specials) = (true, true)
        case "H": attributes.hardLinks = true
        case "E": attributes.executability = true
        case "U": attributes.accessTimes = 1
        case "J": attributes.omitLinkTimes = true
        case "A": attributes.acls = true
        case "X": attributes.extended = 1
        case "n": dryRun = true
        case "c": comparison.checksum = true
        case "I": comparison.ignoreTimes = true
        case "y": placement.fuzziness += 1
        case "u": comparison.update = true
        case "i": output.itemize += 1
        case "v": output.verbosity += 1
        default: Issue.record("an unknown option: -\(letter)")
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix() -> Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// An entry as the table describes it.
private struct EntryWords {
    var mode: UInt32
    var size: Int64 = 0
    var modified: Timestamp
    var accessed: Int64 = 0
    var owner: UInt32 = 0
    var group: UInt32 = 0
    var device: (UInt32, UInt32) = (0, 0)
    var linkCount: UInt32 = 1
    var inode: UInt64?
    var sharedNames = 0
    var content = Candidate.Content.unread
    var lists = Candidate.Content.unread
    var attributes = Candidate.Content.unread
    /// What the default ACL of the parent directory allows.
    var inherited: UInt32?
    /// What is no part of an entry itself.
    var others: [Substring] = []

    init(_ text: String) throws {
        var words = text.split(separator: " ")[...]
        let types: [Substring: Int32] = [
            "file": Int32(S_IFREG), "dir": Int32(S_IFDIR), "link": Int32(S_IFLNK), "pipe": Int32(S_IFIFO),
            "socket": Int32(S_IFSOCK), "char": Int32(S_IFCHR), "block": Int32(S_IFBLK),
        ]
        let kind = words.removeFirst()
        mode = UInt32(try #require(types[kind], "an unknown kind: \(text)"))
        if kind == "file" { size = try #require(Int64(words.removeFirst())) }
        modified = try Timestamp(text: words.removeFirst())
        mode |= kind == "link" ? 0o777 : try #require(UInt32(words.removeFirst(), radix: 8))
        for word in words { try take(word) }
    }

    private mutating func take(_ word: Substring) throws {
        func pair(_ separator: Character, _ text: Substring) -> (UInt32, UInt32)? {
            let parts = text.split(separator: separator).compactMap { UInt32($0) }
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        if word.hasPrefix("acl=") {
            lists = word.hasSuffix("=same") ? .same : .differs
        } else if word.hasPrefix("attr=") {
            attributes = word.hasSuffix("=same") ? .same : .differs
        } else if word.hasPrefix("inherits=") {
            inherited = UInt32(word.dropFirst(9), radix: 8)
        } else if word.hasPrefix("inode=") {
            inode = UInt64(word.dropFirst(6))
        } else if word.hasPrefix("read=") {
            accessed = try #require(Int64(word.dropFirst(5)))
        } else if word.hasPrefix("sum=") || word.hasPrefix("to=") {
            content = word.hasSuffix("=same") ? .same : .differs
        } else if let numbers = pair(":", word) {
            (owner, group) = numbers
        } else if let numbers = pair(",", word) {
            device = numbers
        } else if word.hasPrefix("x") {
            let counts = word.dropFirst().split(separator: "/").compactMap { UInt32($0) }
            linkCount = try #require(counts.first)
            sharedNames = Int(counts.count > 1 ? counts[1] : 0)
        } else {
            others.append(word)
        }
    }

    var status: FileStatus {
        FileStatus(
            mode: mode,
            size: size,
            modified: modified,
            accessed: Timestamp(seconds: accessed),
            owner: owner,
            group: group,
            linkCount: linkCount,
            inode: inode ?? 1,
            deviceMajor: device.0,
            deviceMinor: device.1
        )
    }

    func linkRole() throws -> LinkRole {
        guard let word = others.first(where: { !["outsider", "acl", "attr"].contains($0) }) else { return .alone }
        let first = Array("A".utf8)
        switch word {
        case "first": return .leads
        case "waits": return .waits
        case "of=A": return .follows(first: first, isSame: false)
        case "of=A,same": return .follows(first: first, isSame: true)
        default:
            Issue.record("an unknown word: \(word)")
            return .alone
        }
    }
}

extension Timestamp {
    fileprivate init(text: Substring) throws {
        let parts = text.split(separator: ".")
        let fraction = parts.count > 1 ? parts[1] + String(repeating: "0", count: 9 - parts[1].count) : "0"
        self.init(seconds: try #require(Int64(parts[0])), nanoseconds: try #require(Int32(fraction)))
    }
}
