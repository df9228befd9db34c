// Comparison of a file list's names in place.
//
// Invariant: a ``NameTable`` is valid while the closure that it was passed to runs, and no view of a name leaves that
// closure. An entry's name is in the arena of its list, `leafOffset <= length`, and a prefix ends before the last
// component.

/// A view of a name in a file list, for comparison.
@safe struct NameView {
    private let start: UnsafeRawPointer
    private let length: Int
    private let leafOffset: Int
    private let isDirectory: Bool

    fileprivate init(_ start: UnsafeRawPointer, length: Int, leafOffset: Int, isDirectory: Bool) {
        unsafe self.start = unsafe start
        self.length = length
        self.leafOffset = leafOffset
        self.isDirectory = isDirectory
    }

    /// The name of an entry without its first `prefix` bytes, which end before its last component.
    fileprivate init(_ entry: FileEntry, in arena: UnsafeRawPointer, without prefix: Int) {
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

    /// The byte at an offset; at the end, the byte that the order assumes there.
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

    /// The first eight bytes: names whose keys differ sort as the keys do, if ordered by their bytes alone.
    var byteKey: UInt64 {
        (0..<8).reduce(0) { key, offset in
            key << 8 | UInt64(unsafe offset < length ? start.load(fromByteOffset: offset, as: UInt8.self) : 0)
        }
    }

    /// Negative if this name comes first by its bytes alone, 0 if the names are equal.
    private func compareBytes(_ other: NameView, _ common: Int) -> Int {
        guard common < length, common < other.length else { return length - other.length }
        return Int(byte(at: common)) - Int(other.byte(at: common))
    }

    /// Negative if this name comes first, 0 if the names are equal (protocol specification, transfer 3.9).
    func compare(_ other: NameView, byBytes: Bool) -> Int {
        let common = commonLength(other)
        guard !byBytes else { return compareBytes(other, common) }
        let ranks = Int(rank(at: common)) - Int(other.rank(at: common))
        guard ranks == 0 else { return ranks }
        if common == length, common == other.length { return 0 }
        let bytes = Int(byte(at: common)) - Int(other.byte(at: common))
        // A directory comes before its contents.
        return bytes != 0 ? bytes : length - other.length
    }

    /// The length of the common prefix in bytes.
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

    /// The length of the longest prefix of this name that ends in a slash and that the first `limit` bytes of another
    /// name start with.
    func commonDirectory(_ other: NameView, limit: Int) -> Int {
        var count = min(limit, other.leafOffset, commonLength(other))
        while count > 0, byte(at: count - 1) != Self.slash { count -= 1 }
        return count
    }
}

/// The entries of a list and the memory of their names.
@safe struct NameTable {
    fileprivate let arena: UnsafeRawPointer
    fileprivate let entries: UnsafeBufferPointer<FileEntry>

    fileprivate init(arena: UnsafeRawPointer, entries: UnsafeBufferPointer<FileEntry>) {
        unsafe self.arena = unsafe arena
        unsafe self.entries = unsafe entries
    }

    /// The number of entries, at least one.
    var count: Int { unsafe entries.count }

    /// The name of an entry without its first `prefix` bytes, which end before its last component.
    @inline(__always)
    func view(_ index: Int, without prefix: Int) -> NameView {
        precondition(index >= 0 && index < count)
        return unsafe NameView(entries[index], in: arena, without: prefix)
    }
}

extension FileList {
    /// Passes the names to a closure; nil if the list is empty.
    func withNames<Result>(_ body: (NameTable) -> Result) -> Result? {
        let arena = arena
        let entries = entries
        return unsafe arena.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !entries.isEmpty else { return nil }
            return unsafe entries.withUnsafeBufferPointer { body(unsafe NameTable(arena: start, entries: $0)) }
        }
    }

    /// Passes the names, and another name, to a closure; nil if the list or the name is empty.
    func withNames<Result>(
        and name: Span<UInt8>,
        leafOffset: Int,
        isDirectory: Bool,
        _ body: (NameTable, NameView) -> Result
    ) -> Result? {
        precondition(leafOffset >= 0 && leafOffset <= name.count)
        return unsafe name.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            let view = unsafe NameView(start, length: bytes.count, leafOffset: leafOffset, isDirectory: isDirectory)
            return withNames { names in body(names, view) }
        }
    }
}
