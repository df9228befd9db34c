/// The directories of a file list, kept until the lists of their contents are done (protocol specification, transfer
/// 4.2).
///
/// A directory is needed longer than the list it is in: items about it use the index before its own list.
struct DirectoryBatch: Sendable {
    /// The number of the first directory among all directories of the session.
    let first: Int32
    /// The directories in sorted order, without their extra fields.
    let directories: FileList
    /// For each directory, whether the list of its contents is still to come.
    private(set) var isOpen: [Bool]
    /// The number of directories whose list is still to come or not released yet.
    private(set) var unfinished = 0
    /// Where the search for the next open directory starts.
    private var cursor = 0

    /// Copies the directories from a sorted list.
    init(of list: FileList, first: Int32) {
        self.first = first
        directories = FileList(start: first, directory: list.directory)
        isOpen = []
        for position in list.order.indices where list.entry(sorted: position).isDirectory {
            var entry = list.entry(sorted: position)
            let name = list.name(of: entry)
            // Among directories with the same name only the first has a list; the contents of `.` are in the list that
            // contains it.
            let isRepeated = directories.entries.last.map { directories.name(of: $0) == name } ?? false
            let isFirst = !entry.flags.contains(.blank) && !isRepeated && !name.elementsEqual([UInt8(ascii: ".")])
            let unmapped = list.unmappedIDs[entry.nameStart]
            entry.nameStart = directories.store(name)
            directories.unmappedIDs[entry.nameStart] = unmapped
            entry.extra = -1
            if entry.attributes >= 0 { entry.attributes = directories.add(list.attributes(of: entry)) }
            directories.order.append(UInt32(directories.count))
            directories.entries.append(entry)
            isOpen.append(isFirst)
            unfinished += isFirst ? 1 : 0
        }
    }

    /// The numbers of the directories.
    var numbers: Range<Int32> { first..<first + Int32(directories.count) }

    /// Records that the list of a directory's contents exists now.
    mutating func descend(into number: Int32) {
        isOpen[Int(number - first)] = false
    }

    /// Records that the list of a directory's contents was released.
    mutating func finishOne() {
        unfinished -= 1
    }

    /// The first directory that was not descended into, and those after it that have the same name.
    mutating func nextOpen() -> Range<Int32>? {
        while cursor < isOpen.count, !isOpen[cursor] { cursor += 1 }
        guard cursor < isOpen.count else { return nil }
        let name = directories.name(of: directories.entries[cursor])
        var end = cursor + 1
        while end < isOpen.count, directories.name(of: directories.entries[end]) == name { end += 1 }
        return first + Int32(cursor)..<first + Int32(end)
    }
}
