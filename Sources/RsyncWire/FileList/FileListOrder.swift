import LinuxSystem

extension FileList {
    private struct SortItem {
        let key: UInt64
        let position: UInt32
    }

    /// Fills ``order`` with the order in which both ends index the entries.
    ///
    /// These are the orders of the protocol specification, transfer 3.9. Equal names keep the order of transmission.
    package func sort() {
        sharedPrefix = measureSharedPrefix()
        let items = withNames { names in
            var items = sortItems(names)
            let prefix = sharedPrefix
            items.sort { one, other in
                if one.key != other.key { return one.key < other.key }
                let view = names.view(Int(one.position), without: prefix)
                let result = view.compare(names.view(Int(other.position), without: prefix), byBytes: sortsByBytes)
                return result != 0 ? result < 0 : one.position < other.position
            }
            return items
        }
        order = items?.map(\.position) ?? []
    }

    private func sortItems(_ names: NameTable) -> [SortItem] {
        var items: [SortItem] = []
        items.reserveCapacity(names.count)
        for position in 0..<names.count {
            let view = names.view(position, without: sharedPrefix)
            items.append(SortItem(key: sortsByBytes ? view.byteKey : view.key, position: UInt32(position)))
        }
        return items
    }

    /// Measures the directories that all names start with.
    private func measureSharedPrefix() -> Int {
        let prefix = withNames { names in
            let first = names.view(0, without: 0)
            var prefix = Int(entries[0].leafOffset)
            for position in 1..<names.count where prefix > 0 {
                let other = names.view(position, without: 0)
                prefix = first.commonDirectory(other, limit: prefix)
            }
            return prefix
        }
        return prefix ?? 0
    }

    /// Finds an entry of a directory's list by the last component of its name.
    ///
    /// - Parameter leaf: A name without a slash.
    /// - Returns: The position in ``order`` of the nonblank entry, directory or not; nil if there is none.
    package func position(ofLeaf leaf: Span<UInt8>) -> Int? {
        position(of: leaf, leafOffset: 0, prefix: sharedPrefix)
    }

    /// Finds an entry by its full name.
    ///
    /// - Parameter name: A name as in the list.
    /// - Returns: The position in ``order`` of the nonblank entry, directory or not; nil if there is none.
    package func position(ofName name: Span<UInt8>) -> Int? {
        position(of: name, leafOffset: name.leafStart, prefix: 0)
    }

    private func position(of name: Span<UInt8>, leafOffset: Int, prefix: Int) -> Int? {
        guard !sortsByBytes else { return position(amongEqualsOf: name, leafOffset: leafOffset, prefix: prefix) }
        for isDirectory in [false, true] {
            if let found = position(of: name, leafOffset: leafOffset, isDirectory: isDirectory, prefix: prefix),
                !entry(sorted: found).flags.contains(.blank)
            {
                return found
            }
        }
        return nil
    }

    /// The position of a name that is not blank, where files and directories of one name are equal.
    private func position(amongEqualsOf name: Span<UInt8>, leafOffset: Int, prefix: Int) -> Int? {
        let first = position(of: name, leafOffset: leafOffset, isDirectory: false, prefix: prefix)
        guard var found = first else { return nil }
        let equal = self.name(of: entry(sorted: found))
        while entry(sorted: found).flags.contains(.blank) {
            found += 1
            guard found < count, self.name(of: entry(sorted: found)) == equal else { return nil }
        }
        return found
    }

    /// The first sorted position of a name of a type, ignoring the first `prefix` bytes of every entry's name.
    func position(of name: Span<UInt8>, leafOffset: Int, isDirectory: Bool, prefix: Int) -> Int? {
        let found = withNames(and: name, leafOffset: leafOffset, isDirectory: isDirectory) { names, wanted -> Int? in
            func compare(_ position: Int) -> Int {
                names.view(Int(order[position]), without: prefix).compare(wanted, byBytes: sortsByBytes)
            }
            if isOutOfOrder { return order.indices.first { compare($0) == 0 } }
            var range = 0..<order.count
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                range = compare(middle) < 0 ? middle + 1..<range.upperBound : range.lowerBound..<middle
            }
            return range.lowerBound < order.count && compare(range.lowerBound) == 0 ? range.lowerBound : nil
        }
        return found ?? nil
    }

    /// The sorted positions whose name and type equal those of the previous position.
    package func repetitions() -> [Int] {
        let positions = withNames { names in
            var positions: [Int] = []
            for position in order.indices.dropFirst() {
                let view = names.view(Int(order[position]), without: sharedPrefix)
                let last = names.view(Int(order[position - 1]), without: sharedPrefix)
                if view.compare(last, byBytes: sortsByBytes) == 0 { positions.append(position) }
            }
            return positions
        }
        return positions ?? []
    }
}
