import RsyncWire

/// The hard link groups of a session, and the state of each at the destination (protocol specification, transfer 6).
///
/// One member of a group leads: it is handled like any file, and the others are linked to it. Members are processed in the order of
/// the lists, and wait until one leads.
struct HardLinkTable {
    /// A member that is waiting for its group's first.
    struct Waiting {
        var index: Int32
        var entry: FileEntry
        var list: FileList
        /// See ``Candidate/isPassedOver``.
        var isPassedOver: Bool
    }

    /// The state of a group that has a leader.
    enum Progress {
        /// The member `index` is being processed or transferred.
        case inProgress(index: Int32)
        /// The file is in place under this name, as a new file or as the existing one.
        case inPlace(name: [UInt8], isNew: Bool)
    }

    /// The members of a group in the lists that have arrived, until the last of them has been processed.
    private struct Members {
        /// In the order in which they are processed.
        var indices: [Int32] = []
        /// How many have an equal entry in a directory of `--compare-dest`, from the first on, as far as that was asked.
        var elsewhere = 0
    }

    private(set) var groups: [Int32: Progress] = [:]
    /// The members that wait, by group; apart from ``groups``, so that adding one copies nothing.
    private var waiting: [Int32: [Waiting]] = [:]
    /// How many members wait for another one.
    private(set) var waitingCount = 0
    /// The group that each member in progress leads.
    private var leaders: [Int32: Int32] = [:]
    private var members: [Int32: Members] = [:]
    /// The lists that have arrived and have not been processed.
    private var lists = ArrayQueue<FileList>()

    // MARK: members

    /// A list has arrived, which is processed after those that arrived before.
    mutating func add(_ list: FileList) {
        lists.append(list)
        for position in 0..<list.count {
            let entry = list.entry(sorted: position)
            guard entry.flags.contains(.hardLinked), !entry.flags.contains(.blank) else { continue }
            members[list.extra(of: entry).linkGroup, default: Members()].indices.append(list.start + Int32(position))
        }
    }

    /// All entries of the first list have been processed.
    mutating func endList() { _ = lists.popFirst() }

    /// A member has been processed; returns whether no other is known that comes after it.
    mutating func pass(_ index: Int32, of group: Int32) -> Bool {
        guard isLast(index, of: group) else { return false }
        members[group] = nil
        return true
    }

    /// Whether no member is known that comes after this one.
    func isLast(_ index: Int32, of group: Int32) -> Bool { members[group]?.indices.last.map { $0 == index } ?? true }

    /// The number of members that are in lists in work and satisfy a condition.
    func count(of group: Int32, where isCounted: (FileEntry, Int32, FileList) -> Bool) -> Int {
        (members[group]?.indices ?? []).count { index in
            guard let list = list(of: index) else { return false }
            return isCounted(list.entry(sorted: Int(index - list.start)), index, list)
        }
    }

    /// Whether all known members have an equal entry in a directory of `--compare-dest`; each is asked about once.
    mutating func isElsewhere(_ group: Int32, _ hasEqual: (FileEntry, Int32, FileList) -> Bool) -> Bool {
        guard var place = members[group]?.elsewhere else { return false }
        while let index = members[group]?.indices.dropFirst(place).first {
            if let list = list(of: index), !hasEqual(list.entry(sorted: Int(index - list.start)), index, list) { break }
            place += 1
        }
        members[group]?.elsewhere = place
        return place == members[group]?.indices.count
    }

    private func list(of index: Int32) -> FileList? {
        var (low, high) = (0, lists.count)
        while low < high {
            let middle = (low + high) / 2
            if let list = lists[middle], list.start <= index { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let list = lists[low - 1], Int(index - list.start) < list.count else { return nil }
        return list
    }

    // MARK: progress

    /// Lets a member lead its group.
    mutating func begin(_ group: Int32, index: Int32) {
        groups[group] = .inProgress(index: index)
        leaders[index] = group
    }

    mutating func wait(_ member: Waiting, for group: Int32) {
        waiting[group, default: []].append(member)
        waitingCount += 1
    }

    /// The members of a group that wait no longer do.
    mutating func takeWaiting(for group: Int32) -> [Waiting] {
        let members = waiting.removeValue(forKey: group) ?? []
        waitingCount -= members.count
        return members
    }

    /// Lets the last member that waits lead a group that has no leader, if none is known that has not been processed.
    mutating func takeLeader(of group: Int32) -> Waiting? {
        guard groups[group] == nil, members[group] == nil, let member = waiting[group]?.popLast() else { return nil }
        waitingCount -= 1
        begin(group, index: member.index)
        return member
    }

    /// A group's file is in place.
    ///
    /// - Parameters:
    ///   - group: The group's number.
    ///   - name: The leader's name.
    ///   - isNew: Whether the name refers to a different file than before.
    /// - Returns: The members that waited.
    mutating func finish(_ group: Int32, name: [UInt8], isNew: Bool) -> [Waiting] {
        if case .inProgress(let index) = groups[group] { leaders[index] = nil }
        groups[group] = .inPlace(name: name, isNew: isNew)
        return takeWaiting(for: group)
    }

    /// A member is not in place: its group, which is returned if it led one, has no leader.
    @discardableResult mutating func abandon(index: Int32) -> Int32? {
        guard let group = leaders.removeValue(forKey: index) else { return nil }
        groups[group] = nil
        return group
    }
}
