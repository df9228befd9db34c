import LinuxSystem

/// A name in a file list, for comparison.
///
/// Invariant of the pointer: `start` has `length` readable bytes as long as the closure runs that was given the arena, and
/// a value never leaves it.
@safe private struct NameView {
    private let start: UnsafeRawPointer
    private let length: Int
    private let leafOffset: Int
    private let isDirectory: Bool

    init(_ start: UnsafeRawPointer, length: Int, leafOffset: Int, isDirectory: Bool) {
        unsafe self.start = unsafe start
        self.length = length
        self.leafOffset = leafOffset
        self.isDirectory = isDirectory
    }

    /// The name of an entry without its first `prefix` bytes, which end before its last component.
    init(_ entry: FileEntry, in arena: UnsafeRawPointer, without prefix: Int) {
        unsafe start = arena + Int(entry.nameStart) + prefix
        length = Int(entry.nameLength) - prefix
        leafOffset = Int(entry.leafOffset) - prefix
        isDirectory = entry.isDirectory
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// The class of the component at an offset: 0 for `.`, 1 for a file, 2 for a directory.
    private func rank(at offset: Int) -> UInt8 {
        if leafOffset > offset { return 2 }
        if !isDirectory { return 1 }
        return unsafe length == leafOffset + 1 && start.load(fromByteOffset: leafOffset, as: UInt8.self) == Self.dot
            ? 0 : 2
    }

    /// The byte at an offset; at the end what the order puts there.
    private func byte(at offset: Int) -> UInt8 {
        if offset < length { return unsafe start.load(fromByteOffset: offset, as: UInt8.self) }
        return isDirectory ? Self.slash : 0
    }

    /// The rank and the first seven bytes of the first component: names whose keys differ sort as the keys do.
    var key: UInt64 {
        let rank = rank(at: 0)
        var key = UInt64(rank)
        var isWithin = true
        for offset in 0..<7 {
            let byte = isWithin && offset <= length ? byte(at: offset) : 0
            key = key << 8 | UInt64(byte)
            isWithin = isWithin && byte != Self.slash && byte != 0
        }
        return key
    }

    /// Negative when this name comes first, 0 for names that are equal (protocol specification, transfer 3.9).
    func compare(_ other: NameView) -> Int {
        let common = commonLength(other)
        let ranks = Int(rank(at: common)) - Int(other.rank(at: common))
        guard ranks == 0 else { return ranks }
        if common == length, common == other.length { return 0 }
        let bytes = Int(byte(at: common)) - Int(other.byte(at: common))
        // A directory comes before its contents.
        return bytes != 0 ? bytes : length - other.length
    }

    /// How many bytes both names start with.
    private func commonLength(_ other: NameView) -> Int {
        let limit = min(length, other.length)
        var count = 0
        while count + 8 <= limit {
            let one = unsafe start.loadUnaligned(fromByteOffset: count, as: UInt64.self)
            let two = unsafe other.start.loadUnaligned(fromByteOffset: count, as: UInt64.self)
            guard one == two else { return count + (one.littleEndian ^ two.littleEndian).trailingZeroBitCount / 8 }
            count += 8
        }
        while count < limit, byte(at: count) == other.byte(at: count) { count += 1 }
        return count
    }

    /// How many bytes of this name, up to a slash, the first `limit` bytes of another name start with as well.
    func commonDirectory(_ other: NameView, limit: Int) -> Int {
        var count = min(limit, other.leafOffset, commonLength(other))
        while count > 0, byte(at: count - 1) != Self.slash { count -= 1 }
        return count
    }
}

extension FileList {
    private struct SortItem {
        let key: UInt64
        let position: UInt32
    }

    /// Fills ``order`` with the order in which both ends number the entries.
    ///
    /// It is the order of the protocol specification, transfer 3.9, from protocol 29 on. Equal names keep the order of transmission.
    public func sort() {
        sharedPrefix = measureSharedPrefix()
        let items = unsafe withNames { arena, entries in
            var items = unsafe sortItems(arena, entries)
            let prefix = sharedPrefix
            items.sort { one, other in
                if one.key != other.key { return one.key < other.key }
                let view = unsafe NameView(entries[Int(one.position)], in: arena, without: prefix)
                let result = unsafe view.compare(NameView(entries[Int(other.position)], in: arena, without: prefix))
                return result != 0 ? result < 0 : one.position < other.position
            }
            return items
        }
        order = items?.map(\.position) ?? []
    }

    private func sortItems(_ arena: UnsafeRawPointer, _ entries: UnsafeBufferPointer<FileEntry>) -> [SortItem] {
        var items: [SortItem] = []
        items.reserveCapacity(entries.count)
        for position in 0..<entries.count {
            let view = unsafe NameView(entries[position], in: arena, without: sharedPrefix)
            items.append(SortItem(key: view.key, position: UInt32(position)))
        }
        return items
    }

    /// How many bytes of directories all names start with.
    private func measureSharedPrefix() -> Int {
        let prefix = unsafe withNames { arena, entries in
            let first = unsafe NameView(entries[0], in: arena, without: 0)
            var prefix = unsafe Int(entries[0].leafOffset)
            for position in 1..<max(1, entries.count) where prefix > 0 {
                let other = unsafe NameView(entries[position], in: arena, without: 0)
                prefix = first.commonDirectory(other, limit: prefix)
            }
            return prefix
        }
        return prefix ?? 0
    }

    /// Finds an entry of a list about one directory by the last component of its name.
    ///
    /// - Parameter leaf: A name without a slash.
    /// - Returns: The position in ``order`` of the entry that is not blank, directory or not; nil when there is none.
    public func position(ofLeaf leaf: Span<UInt8>) -> Int? {
        position(of: leaf, leafOffset: 0, prefix: sharedPrefix)
    }

    /// Finds an entry by its whole name.
    ///
    /// - Parameter name: A name as the list has them.
    /// - Returns: The position in ``order`` of the entry that is not blank, directory or not; nil when there is none.
    public func position(ofName name: Span<UInt8>) -> Int? {
        position(of: name, leafOffset: name.leafStart, prefix: 0)
    }

    private func position(of name: Span<UInt8>, leafOffset: Int, prefix: Int) -> Int? {
        for isDirectory in [false, true] {
            if let found = position(of: name, leafOffset: leafOffset, isDirectory: isDirectory, prefix: prefix),
                !entry(sorted: found).flags.contains(.blank)
            {
                return found
            }
        }
        return nil
    }

    /// The first sorted position of a name of a kind, without the first `prefix` bytes of every entry's name.
    func position(of name: Span<UInt8>, leafOffset: Int, isDirectory: Bool, prefix: Int) -> Int? {
        unsafe name.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            let wanted = unsafe NameView(start, length: bytes.count, leafOffset: leafOffset, isDirectory: isDirectory)
            let found = unsafe withNames { arena, entries -> Int? in
                func compare(_ position: Int) -> Int {
                    unsafe NameView(entries[Int(order[position])], in: arena, without: prefix).compare(wanted)
                }
                var range = 0..<order.count
                while !range.isEmpty {
                    let middle = range.lowerBound + range.count / 2
                    range = compare(middle) < 0 ? middle + 1..<range.upperBound : range.lowerBound..<middle
                }
                return range.lowerBound < order.count && compare(range.lowerBound) == 0 ? range.lowerBound : nil
            }
            return found ?? nil
        }
    }

    /// The sorted positions whose name and kind are those of the position before.
    func repetitions() -> [Int] {
        let positions = unsafe withNames { arena, entries in
            var positions: [Int] = []
            for position in order.indices.dropFirst() {
                let view = unsafe NameView(entries[Int(order[position])], in: arena, without: sharedPrefix)
                let last = unsafe NameView(entries[Int(order[position - 1])], in: arena, without: sharedPrefix)
                if view.compare(last) == 0 { positions.append(position) }
            }
            return positions
        }
        return positions ?? []
    }

    /// Lends the memory of the names and the entries; nil when the list is empty.
    private func withNames<Result>(
        _ body: (UnsafeRawPointer, UnsafeBufferPointer<FileEntry>) -> Result
    ) -> Result? {
        let arena = arena
        let entries = entries
        return unsafe arena.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !entries.isEmpty else { return nil }
            return unsafe entries.withUnsafeBufferPointer { unsafe body(start, $0) }
        }
    }
}
