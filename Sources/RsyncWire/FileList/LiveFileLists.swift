/// Where an index of the wire leads.
package struct ListedEntry: Sendable {
    /// The list whose numbering the index belongs to.
    package let list: FileList
    /// The list that holds the entry, its name and its rarer parts: ``list``, or a store of directories.
    package let holder: FileList
    /// The position in the entries of ``holder``.
    package let position: Int
    /// Whether the index is the one in front of ``list``, which names the directory of its contents.
    package let isDirectoryOfList: Bool

    /// The entry.
    package var entry: FileEntry { holder.entries[position] }
    /// The entry's whole name.
    package var name: ArraySlice<UInt8> { holder.name(of: entry) }
}

/// The file lists of a session that are in use, and the numbers of their entries and directories (protocol
/// specification, transfer 4.2 to 4.5).
///
/// What a list held goes with ``releaseOldest()``; a directory stays until the list of its contents is released.
///
/// ## Concurrency model
/// A value without a lock: threads that share it keep it in a `Mutex`.
package struct LiveFileLists: Sendable {
    /// Whether lists come directory by directory.
    package let isIncremental: Bool
    /// The lists that were not released, oldest first.
    package private(set) var lists: [FileList] = []
    /// Entries of the lists that were not released.
    package private(set) var entryCount = 0
    /// Where the next list starts.
    package private(set) var nextStart: Int32
    /// Whether no more lists will come.
    package private(set) var isComplete = false
    /// Batches with directories whose list is to come or is live, by their first number.
    private var batches: [DirectoryBatch] = []
    private var directoryCount: Int32 = 0
    /// What each list in ``lists`` counts in ``footprint``.
    private var weights: [Int] = []
    /// Bytes that the lists and the directories hold, for a ceiling on memory; kept up to date, since there may be many.
    package private(set) var footprint = 0

    /// Starts the bookkeeping of a session.
    package init(isIncremental: Bool) {
        self.isIncremental = isIncremental
        nextStart = isIncremental ? 1 : 0
    }

    // MARK: growth

    /// Takes a list that was sent or received completely; it is sorted, and on the receiver has no duplicates.
    ///
    /// - Parameter list: A list made with ``nextStart``, for the directory that ``nextDirectory()`` or ``open(_:)`` gave.
    package mutating func append(_ list: FileList) {
        precondition(list.start == nextStart && list.order.count == list.count, "a list out of turn or not sorted")
        lists.append(list)
        entryCount += list.count
        weights.append(list.footprint)
        footprint += list.footprint
        guard isIncremental else {
            isComplete = true
            return
        }
        nextStart += Int32(list.count) + 1
        let batch = DirectoryBatch(of: list, first: directoryCount)
        directoryCount += Int32(batch.directories.count)
        guard batch.unfinished > 0 else { return }
        batches.append(batch)
        footprint += batch.directories.footprint
    }

    /// Finds the directory that a sender lists next: depth first, in sorted order (protocol specification, transfer 4.3).
    ///
    /// - Returns: The numbers of directories with one name, whose contents go into one list under the first number; nil
    ///   when every directory was listed.
    package mutating func nextDirectory() -> Range<Int32>? {
        for index in batches.indices.reversed() {
            guard let numbers = batches[index].nextOpen() else { continue }
            batches[index].descend(into: numbers.lowerBound)
            return numbers
        }
        return nil
    }

    /// Starts the reception of the list of a directory (protocol specification, transfer 19.1, F15).
    ///
    /// - Parameter number: The number of the directory that the sender named.
    /// - Returns: The directory's name, for ``FileListDecoder/decode(from:into:directory:)``.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 when there is no such directory, or when its list or the
    ///   end of all lists came before.
    package mutating func open(_ number: Int32) throws(WireError) -> [UInt8] {
        guard isIncremental, !isComplete, !lists.isEmpty else {
            throw .incompatible("a file list for directory \(number) when none was expected")
        }
        guard number >= 0, number < directoryCount else { throw .incompatible("invalid directory index \(number)") }
        guard let index = batch(of: number), batches[index].isOpen[Int(number - batches[index].first)] else {
            throw .incompatible("a second file list for directory \(number)")
        }
        batches[index].descend(into: number)
        let directories = batches[index].directories
        return Array(directories.name(of: directories.entries[Int(number - batches[index].first)]))
    }

    /// Notes that no more lists will come.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 when that was known already.
    package mutating func finish() throws(WireError) {
        guard isIncremental, !isComplete else { throw .incompatible("an unexpected end of the file lists") }
        isComplete = true
    }

    /// Whether there is a directory whose contents were not listed.
    package var hasOpenDirectories: Bool { batches.contains { $0.isOpen.contains(true) } }

    // MARK: lookup

    /// Finds the entry of an index (protocol specification, transfer 4.2 and 19.2, T1 to T3).
    ///
    /// - Parameter index: A number from the wire.
    /// - Returns: The entry, which is not blank.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 when no live list has the index.
    package func resolve(_ index: Int32) throws(WireError) -> ListedEntry {
        let afterIt = lists.partitioned { $0.start - (isIncremental ? 1 : 0) > index }
        guard index >= 0, afterIt > 0 else { throw .incompatible("invalid file index \(index)") }
        let list = lists[afterIt - 1]
        let sorted = Int(index) - Int(list.start)
        guard sorted < list.count else { throw .incompatible("invalid file index \(index)") }
        if sorted < 0 { return try directory(of: list) }
        let position = Int(list.order[sorted])
        guard !list.entries[position].flags.contains(.blank) else {
            throw .incompatible("index \(index) of a file that is a duplicate")
        }
        return ListedEntry(list: list, holder: list, position: position, isDirectoryOfList: false)
    }

    /// Finds the directory whose contents a list has.
    ///
    /// - Parameter list: A live list of a session with incremental recursion.
    /// - Returns: The directory's entry.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 when the first list has no `.` (protocol specification,
    ///   transfer 19.1, F14).
    package func directory(of list: FileList) throws(WireError) -> ListedEntry {
        if list.directory >= 0 {
            return try directory(list.directory, of: list)
        }
        guard let first = list.order.first, list.name(of: list.entries[Int(first)]).elementsEqual([UInt8(ascii: ".")])
        else {
            throw .incompatible("index \(list.start - 1) of a list without a directory")
        }
        return ListedEntry(list: list, holder: list, position: Int(first), isDirectoryOfList: true)
    }

    private func directory(_ number: Int32, of list: FileList) throws(WireError) -> ListedEntry {
        guard let index = batch(of: number) else { throw .incompatible("invalid directory index \(number)") }
        let position = Int(number - batches[index].first)
        return ListedEntry(list: list, holder: batches[index].directories, position: position, isDirectoryOfList: true)
    }

    /// Finds a directory whose list is to come or is live.
    ///
    /// - Parameter number: A number that ``nextDirectory()`` gave.
    /// - Returns: The directory's entry and name; nil when its list was released.
    package func directory(_ number: Int32) -> (entry: FileEntry, name: ArraySlice<UInt8>)? {
        guard let index = batch(of: number) else { return nil }
        let directories = batches[index].directories
        let entry = directories.entries[Int(number - batches[index].first)]
        return (entry, directories.name(of: entry))
    }

    private func batch(of number: Int32) -> Int? {
        let index = batches.partitioned { $0.first > number } - 1
        return index >= 0 && batches[index].numbers.contains(number) ? index : nil
    }

    // MARK: release

    /// Forgets the oldest list, when all of its items are done.
    ///
    /// - Returns: The list, nil when there is none.
    @discardableResult package mutating func releaseOldest() -> FileList? {
        guard let list = lists.first else { return nil }
        lists.removeFirst()
        entryCount -= list.count
        footprint -= weights.removeFirst()
        if list.directory >= 0, let index = batch(of: list.directory) {
            batches[index].finishOne()
            if batches[index].unfinished == 0 {
                footprint -= batches.remove(at: index).directories.footprint
            }
        }
        return list
    }
}

extension Array {
    /// The first index whose element satisfies a predicate that no element before and every one after it satisfies.
    fileprivate func partitioned(by isAfter: (Element) -> Bool) -> Int {
        var range = startIndex..<endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = isAfter(self[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}
