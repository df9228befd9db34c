/// The entry that an index on the wire refers to.
package struct ListedEntry: Sendable {
    /// The list whose numbering the index belongs to.
    package let list: FileList
    /// The list that contains the entry, its name and its extra fields: ``list``, or a store of directories.
    package let holder: FileList
    /// The position in the entries of ``holder``.
    package let position: Int
    /// Whether the index is the one before ``list``, which names the directory that it belongs to.
    package let isDirectoryOfList: Bool

    /// The entry.
    package var entry: FileEntry { holder.entries[position] }
    /// The entry's full name.
    package var name: ArraySlice<UInt8> { holder.name(of: entry) }
}

/// The file lists of a session that are in use, and the numbers of their entries and directories (protocol
/// specification, transfer 4.2 to 4.5).
///
/// A list's contents are released by ``releaseOldest()``; a directory stays until the list of its contents is released.
///
/// ## Concurrency model
/// A value type without a lock: threads that share it keep it in a `Mutex`.
package struct LiveFileLists: Sendable {
    /// Whether there is one list per directory.
    package let isIncremental: Bool
    /// The lists that have not been released, oldest first.
    package private(set) var lists: [FileList] = []
    /// The number of entries in the lists that have not been released.
    package private(set) var entryCount = 0
    /// The start of the next list.
    package private(set) var nextStart: Int32
    /// Whether no more lists will come.
    package private(set) var isComplete = false
    /// Batches with directories whose list is still to come or live, in the order of their first number.
    private var batches: [DirectoryBatch] = []
    private var directoryCount: Int32 = 0
    /// The share of each list of ``lists`` in ``footprint``.
    private var weights: [Int] = []
    /// The memory of the lists and directories in bytes, for a limit on memory; maintained incrementally, since there
    /// may be many.
    package private(set) var footprint = 0

    /// Starts the bookkeeping of a session.
    package init(isIncremental: Bool) {
        self.isIncremental = isIncremental
        nextStart = isIncremental ? 1 : 0
    }

    // MARK: growth

    /// Adds a list that was sent or received completely; it is sorted, and on the receiver has no duplicates.
    ///
    /// - Parameter list: A list created with ``nextStart``, for the directory returned by ``nextDirectory()`` or passed
    ///   to ``open(_:)``.
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

    /// Selects the directory that a sender lists next: depth first, in sorted order (protocol specification, transfer
    /// 4.3).
    ///
    /// - Returns: The numbers of directories with the same name, whose contents go into one list under the first
    ///   number; nil if every directory was listed.
    package mutating func nextDirectory() -> Range<Int32>? {
        for index in batches.indices.reversed() {
            guard let numbers = batches[index].nextOpen() else { continue }
            batches[index].descend(into: numbers.lowerBound)
            return numbers
        }
        return nil
    }

    /// Starts receiving the list of a directory (protocol specification, transfer 19.1, F15).
    ///
    /// - Parameter number: The number of the directory that the sender named.
    /// - Returns: The directory's name, for ``FileListDecoder/decode(from:into:directory:)``.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 if there is no such directory, or if its list or the
    ///   end of all lists was already received.
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

    /// Records that no more lists will come.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 if that was already recorded.
    package mutating func finish() throws(WireError) {
        guard isIncremental, !isComplete else { throw .incompatible("an unexpected end of the file lists") }
        isComplete = true
    }

    /// Whether there is a directory whose contents have not been listed.
    package var hasOpenDirectories: Bool { batches.contains { $0.isOpen.contains(true) } }

    // MARK: lookup

    /// Looks up the entry of an index (protocol specification, transfer 4.2 and 19.2, T1 to T3).
    ///
    /// - Parameter index: An index from the wire.
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

    /// Looks up the directory that a list belongs to.
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

    /// Looks up a directory whose list is still to come or live.
    ///
    /// - Parameter number: A number returned by ``nextDirectory()``.
    /// - Returns: The directory's entry and name; nil if its list was released.
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

    /// Releases the oldest list; called when all of its items are done.
    ///
    /// - Returns: The list; nil if there is none.
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
    /// The partition point of a predicate that is false for all elements before it and true for all from it on.
    fileprivate func partitioned(by isAfter: (Element) -> Bool) -> Int {
        var range = startIndex..<endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = isAfter(self[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}
