import LinuxSystem

/// The receiver's processing of a list before use.
extension FileList {
    /// Blanks all but one of the entries with the same name, in a sorted list.
    ///
    /// The rules are those of the protocol specification, transfer 3.10. A directory takes precedence over everything
    /// else, so that nothing is written through a link in its place.
    package func removeDuplicates() {
        var (kept, last) = (-1, -1)
        for position in repetitions() {
            if position - 1 != last { kept = position - 1 }
            last = position
            if sortsByBytes, entry(sorted: position).isDirectory, !entry(sorted: kept).isDirectory {
                blank(kept)
                kept = position
            } else {
                merge(position, into: kept)
            }
        }
        // Ordered by bytes, a directory and a file of one name were repetitions.
        guard !sortsByBytes else { return }
        for position in order.indices where entry(sorted: position).isDirectory {
            let directory = entry(sorted: position)
            let name = name(of: directory).span
            let other = self.position(of: name, leafOffset: Int(directory.leafOffset), isDirectory: false, prefix: 0)
            if let other { blank(other) }
        }
    }

    /// Blanks a later duplicate; of two directories, the first adopts the flags of the second.
    private func merge(_ position: Int, into kept: Int) {
        let duplicate = entry(sorted: position).flags
        var flags = entry(sorted: kept).flags
        let implied: FileEntry.Flags = [.topDirectory]
        let directoryFlags: FileEntry.Flags = [.topDirectory, .hasContents]
        if entry(sorted: kept).isDirectory, entry(sorted: position).isDirectory {
            // An implied directory (top without contents) adds nothing to one that was requested.
            if flags.intersection(directoryFlags) == implied {
                flags.subtract(directoryFlags)
                flags.formUnion(duplicate.intersection(directoryFlags))
            } else if duplicate.intersection(directoryFlags) != implied {
                flags.formUnion(duplicate.intersection(directoryFlags))
            }
            entries[Int(order[kept])].flags = flags
        }
        blank(position)
    }

    private func blank(_ position: Int) {
        entries[Int(order[position])].flags.insert(.blank)
    }

    /// Blanks the directories of a sorted, complete list that have nothing but directories in them (protocol
    /// specification, transfer 3.12).
    ///
    /// - Parameter isKept: Whether a directory is kept although it is empty.
    package func pruneEmptyDirectories(keeping isKept: (_ name: ArraySlice<UInt8>) -> Bool) {
        var open: [(position: Int, isNeeded: Bool)] = []
        func close() {
            guard let last = open.popLast() else { return }
            guard last.isNeeded else { return blank(last.position) }
            if !open.isEmpty { open[open.count - 1].isNeeded = true }
        }
        for position in order.indices {
            let entry = entry(sorted: position)
            if entry.flags.contains(.blank) || name(of: entry).elementsEqual([UInt8(ascii: ".")]) { continue }
            while let last = open.last, !isBelow(entry, name(of: self.entry(sorted: last.position))) { close() }
            if entry.isDirectory {
                open.append((position, isKept(name(of: entry))))
            } else if !open.isEmpty {
                open[open.count - 1].isNeeded = true
            }
        }
        while !open.isEmpty { close() }
    }

    private func isBelow(_ entry: FileEntry, _ directory: ArraySlice<UInt8>) -> Bool {
        let name = name(of: entry)
        return name.count > directory.count && name.starts(with: directory)
            && name[name.startIndex + directory.count] == UInt8(ascii: "/")
    }

    /// Removes the slash that names of `--relative` may begin with, after the list was sorted with it (protocol
    /// specification, transfer 3.9).
    func stripLeadingSlashes() {
        var count = 0
        for index in entries.indices where arena[Int(entries[index].nameStart)] == UInt8(ascii: "/") {
            entries[index].nameStart += 1
            entries[index].nameLength -= 1
            entries[index].leafOffset -= min(1, entries[index].leafOffset)
            count += 1
        }
        guard count > 0 else { return }
        sharedPrefix = max(0, sharedPrefix - 1)
        isOutOfOrder = count < entries.count
    }

    /// Checks that every name of a sorted, complete list is in a directory of the list.
    ///
    /// Relies on the order: the contents of a directory follow it (protocol specification, transfer 19.1, F17).
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 when a directory is missing.
    func checkParents() throws(WireError) {
        var open: [FileEntry] = []
        for position in order.indices {
            let entry = entry(sorted: position)
            if entry.flags.contains(.blank) { continue }
            if entry.leafOffset > 0 {
                while let directory = open.last, !hasParent(entry, name(of: directory).span) { open.removeLast() }
                // The directory of a missing source may be missing, too.
                guard !open.isEmpty || entry.isMissing else {
                    throw .incompatible("invalid path from sender: \(PrintableText.escaped(name(of: entry)))")
                }
            }
            if entry.isDirectory { open.append(entry) }
        }
    }

    /// Whether an entry's name consists of a directory's name, a slash and one component.
    func hasParent(_ entry: FileEntry, _ directory: Span<UInt8>) -> Bool {
        guard max(0, Int(entry.leafOffset) - 1) == directory.count else { return false }
        let arena = arena
        let name = arena.span.extracting(Int(entry.nameStart)..<Int(entry.nameStart) + directory.count)
        for index in directory.indices where name[index] != directory[index] { return false }
        return true
    }

    /// Whether a range of the arena contains a NUL.
    func holdsNUL(from start: UInt32, count: Int) -> Bool {
        arena[Int(start)..<Int(start) + count].contains(0)
    }
}
