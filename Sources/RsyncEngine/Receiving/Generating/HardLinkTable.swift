import RsyncWire

/// The hard link groups of a session, and the state of each at the destination (protocol specification, transfer 6).
///
/// One member of a group is transferred like any file, unless it is up to date; the others are linked to it.
struct HardLinkTable {
    /// A member that is waiting for its group's first.
    struct Waiting {
        var index: Int32
        var entry: FileEntry
        var list: FileList
        /// See ``Candidate/isPassedOver``.
        var isPassedOver: Bool
    }

    /// The state of a group.
    enum Progress {
        /// Its first member is being transferred.
        case inProgress(index: Int32)
        /// It is in place under this name, as a new file or as the existing one.
        case inPlace(name: [UInt8], isNew: Bool)
    }

    private(set) var groups: [Int32: Progress] = [:]
    /// The members that wait, by group; apart from ``groups``, so that adding one copies nothing.
    private var waiting: [Int32: [Waiting]] = [:]
    /// How many members wait for another one.
    private(set) var waitingCount = 0
    /// The group that each file being transferred leads.
    private var leaders: [Int32: Int32] = [:]
    /// Members of the current list that have not been processed, by group: one that is up to date leads.
    private var members: [Int32: [Int]] = [:]
    private var listInWork: FileList?
    /// Of groups of the current list: whether `--compare-dest` has all of it.
    var elsewhere: [Int32: Bool] = [:]
    /// First members that come later in the current list.
    private var ahead: Set<Int32> = []
    /// First members that failed: they are not chosen again.
    private var failed: Set<Int32> = []

    /// Records the members that are in a list.
    mutating func prepare(_ list: FileList) {
        (members, elsewhere) = ([:], [:])
        listInWork = list
        for position in 0..<list.count {
            let entry = list.entry(sorted: position)
            guard entry.flags.contains(.hardLinked), !entry.flags.contains(.blank) else { continue }
            members[list.extra(of: entry).linkGroup, default: []].append(position)
        }
    }

    /// Sorted positions of a group's members in a list; empty unless it is the current list.
    func members(of group: Int32, in list: FileList) -> [Int] { list === listInWork ? members[group] ?? [] : [] }

    /// Starts a group with its first member; `isAhead`: it comes later in the current list.
    mutating func begin(_ group: Int32, index: Int32, isAhead: Bool = false) {
        groups[group] = .inProgress(index: index)
        leaders[index] = group
        if isAhead { ahead.insert(index) }
    }

    /// A first member that was chosen before is being processed.
    mutating func reached(_ index: Int32) { ahead.remove(index) }

    /// First members that were chosen and not processed, because something above them failed.
    mutating func takeUnreached() -> [Int32] {
        defer { ahead = [] }
        return ahead.sorted()
    }

    func hasFailed(_ index: Int32) -> Bool { failed.contains(index) }

    mutating func wait(_ member: Waiting, for group: Int32) {
        guard case .inProgress = groups[group] else { return }
        waiting[group, default: []].append(member)
        waitingCount += 1
    }

    /// The members that wait for a group's first one no longer do.
    private mutating func takeWaiting(for group: Int32) -> [Waiting] {
        let members = waiting.removeValue(forKey: group) ?? []
        waitingCount -= members.count
        return members
    }

    /// A group's first member is in place; returns the members that waited.
    ///
    /// - Parameters:
    ///   - group: The group's number.
    ///   - name: The first member's name.
    ///   - isNew: Whether the name refers to a different file than before.
    /// - Returns: The members that waited.
    mutating func finish(_ group: Int32, name: [UInt8], isNew: Bool) -> [Waiting] {
        defer { groups[group] = .inPlace(name: name, isNew: isNew) }
        guard case .inProgress(let index) = groups[group] else { return [] }
        leaders[index] = nil
        return takeWaiting(for: group)
    }

    /// The transfer of `index` failed: returns the members that waited for it, and the group starts over.
    mutating func abandon(index: Int32) -> [Waiting] {
        guard let group = leaders.removeValue(forKey: index), case .inProgress = groups[group] else { return [] }
        failed.insert(index)
        groups[group] = nil
        return takeWaiting(for: group)
    }
}
