import RsyncWire

/// The groups of hard links of a session, and how far each is at the destination (protocol specification, transfer 6).
///
/// One member of a group is brought into place like any file; the others are linked to it. Which one: a member of the
/// same list that is up to date already, else the first that comes up.
struct HardLinkTable {
    /// A member that waits for its group's first.
    struct Waiting {
        var index: Int32
        var entry: FileEntry
        var list: FileList
    }

    /// How far a group is.
    enum Progress {
        /// Its first member is being transferred.
        case underWay(index: Int32, waiting: [Waiting])
        /// It is in place under this name, as a new file or as the one that was there.
        case inPlace(name: [UInt8], isNew: Bool)
    }

    private(set) var groups: [Int32: Progress] = [:]
    /// The group that each file under way leads.
    private var leaders: [Int32: Int32] = [:]
    /// Members of the list in work that have not come up, by group: whoever is up to date leads.
    private var members: [Int32: [Int]] = [:]
    private var listInWork: FileList?

    /// Notes which members a list has.
    mutating func prepare(_ list: FileList) {
        members = [:]
        listInWork = list
        for position in 0..<list.count {
            let entry = list.entry(sorted: position)
            guard entry.flags.contains(.hardLinked), !entry.flags.contains(.blank) else { continue }
            members[list.extra(of: entry).linkGroup, default: []].append(position)
        }
    }

    /// Sorted positions of a group's members in a list; none when that is not the list in work.
    func members(of group: Int32, in list: FileList) -> [Int] { list === listInWork ? members[group] ?? [] : [] }

    mutating func begin(_ group: Int32, index: Int32) {
        groups[group] = .underWay(index: index, waiting: [])
        leaders[index] = group
    }

    mutating func wait(_ member: Waiting, for group: Int32) {
        guard case .underWay(let index, var waiting) = groups[group] else { return }
        waiting.append(member)
        groups[group] = .underWay(index: index, waiting: waiting)
    }

    /// The group's first is in place; whoever waited is handed back.
    ///
    /// - Parameters:
    ///   - group: The group's number.
    ///   - name: The first's name.
    ///   - isNew: Whether the name stands for another file than before.
    /// - Returns: The members that waited.
    mutating func finish(_ group: Int32, name: [UInt8], isNew: Bool) -> [Waiting] {
        defer { groups[group] = .inPlace(name: name, isNew: isNew) }
        guard case .underWay(let index, let waiting) = groups[group] else { return [] }
        leaders[index] = nil
        return waiting
    }

    /// The transfer of `index` failed: the members that waited for it are handed back and the group starts anew.
    mutating func abandon(index: Int32) -> [Waiting] {
        guard let group = leaders.removeValue(forKey: index), case .underWay(_, let waiting) = groups[group] else {
            return []
        }
        groups[group] = nil
        return waiting
    }
}
