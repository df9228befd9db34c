import RsyncWire

/// The directory that a list of incremental recursion belongs to.
struct ListOwner: Sendable {
    /// The directory's entry, from its parent's list.
    var entry: FileEntry
    /// Its full name; `.` for the root.
    var name: [UInt8]
    /// Its listed attributes.
    var attributes: EntryAttributes

    /// Looks up the directory of a live list; nil without incremental recursion, and for a first list without `.`.
    init?(of list: FileList, in live: LiveFileLists) {
        guard live.isIncremental else { return nil }
        do throws(WireError) {
            let place = try live.directory(of: list)
            entry = place.entry
            name = Array(place.name)
            attributes = place.holder.attributes(of: place.entry)
        } catch {
            return nil
        }
    }
}

/// Counts the entries in progress in each list, so that a list is ended when all of it is in place (protocol
/// specification, session 7.1 a).
struct ListTracker {
    /// A list that has not been ended.
    struct Entry {
        let list: FileList
        let owner: ListOwner?
        /// Files and links in progress.
        var open = 0
        /// Whether all entries have been examined.
        var isExamined = false
    }

    private var entries: [Entry] = []

    /// Files and links in progress, in all lists.
    private(set) var open = 0

    /// The number of lists that have not been ended.
    var count: Int { entries.count }

    /// The number of their entries.
    private(set) var listedCount = 0

    /// The newest list that has not been ended.
    var newest: FileList? { entries.last?.list }

    mutating func begin(_ list: FileList, owner: ListOwner?) {
        entries.append(Entry(list: list, owner: owner))
        listedCount += list.count
    }

    mutating func end(_ list: FileList) {
        if let place = entries.lastIndex(where: { $0.list === list }) { entries[place].isExamined = true }
    }

    mutating func start(_ index: Int32) {
        guard let place = place(of: index) else { return }
        entries[place].open += 1
        open += 1
    }

    mutating func finish(_ index: Int32) {
        guard let place = place(of: index) else { return }
        entries[place].open -= 1
        open -= 1
    }

    /// Removes and returns the complete lists at the front.
    ///
    /// - Parameter isLast: Whether no more lists will come; if false, the newest list is kept (the sender would take
    ///   its end for a phase change).
    /// - Returns: The lists, oldest first.
    mutating func takeCompleted(isLast: Bool) -> [Entry] {
        var completed: [Entry] = []
        while let first = entries.first, first.isExamined, first.open == 0, isLast || entries.count > 1 {
            completed.append(first)
            listedCount -= first.list.count
            entries.removeFirst()
        }
        return completed
    }

    private func place(of index: Int32) -> Int? {
        // The index before a list's first is that of the directory it belongs to.
        entries.lastIndex { $0.list.start - 1 <= index }
    }
}
