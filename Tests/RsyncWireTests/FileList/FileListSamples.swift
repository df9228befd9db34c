import RsyncWire
import TestSupport

extension FileList {
    /// Adds an entry by its name and mode.
    func add(_ name: String, mode: UInt32 = 0o100644, change: (inout FileEntry) -> Void = { _ in }) {
        var entry = FileEntry()
        entry.mode = mode
        if entry.isDirectory { entry.flags = .hasContents }
        change(&entry)
        let bytes = Array(name.utf8)
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        let parent = Array(bytes[..<(slash ?? 0)])
        let leaf = Array(bytes[(slash.map { $0 + 1 } ?? 0)...])
        _ = add(entry, parent: parent, leaf: leaf.span)
    }

    /// The names in sorted order, directories with a slash; blank ones are left out.
    var sortedNames: [String] {
        order.indices.map { entry(sorted: $0) }.filter { !$0.flags.contains(.blank) }.map {
            String(decoding: name(of: $0), as: UTF8.self) + ($0.isDirectory ? "/" : "")
        }
    }
}

/// A tree of random entries, cut into lists as a sender does it.
struct RandomFileLists {
    var random: SeededRandom
    let format: FileListFormat
    /// Inodes that names of the tree share.
    private var inode: UInt64 = 0

    init(seed: UInt64, format: FileListFormat) {
        random = SeededRandom(seed: seed)
        self.format = format
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func pick<Element>(_ values: [Element]) -> Element {
        values[Int.random(in: values.indices, using: &random)]
    }

    /// A component that is likely to start like others.
    private mutating func component() -> [UInt8] {
        let alphabet = Array("ab-.é/".utf8).filter { $0 != UInt8(ascii: "/") } + [0xff, 1]
        let length = chance(2) ? 255 : Int.random(in: 1...12, using: &random)
        while true {
            let name = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
            if name != Array(".".utf8), name != Array("..".utf8) { return name }
        }
    }

    private mutating func metadata(_ type: UInt32) -> FileEntry {
        var entry = FileEntry()
        entry.mode = type | pick([0o644, 0o755, 0o4711])
        entry.size = pick([0, 5, 65_536, 1 << 33, .max])
        entry.modified = pick([0, -86400, 1_500_000_000, 1 << 40])
        entry.nanoseconds = chance(30) ? UInt32.random(in: 0...999_999_999, using: &random) : 0
        entry.uid = pick([0, 1, 1000, .max])
        entry.gid = pick([0, 1, 1000, .max])
        if entry.isDirectory {
            entry.flags = pick([[], .hasContents, .topDirectory, [.topDirectory, .hasContents]])
        }
        return entry
    }

    private mutating func add(_ type: UInt32, _ leaf: [UInt8], in parent: [UInt8], to list: FileList) {
        var entry = metadata(type)
        var extra = FileEntryExtra()
        if entry.isSymbolicLink {
            let target = random.bytes(Int.random(in: 1...40, using: &random)).map { max(1, $0) }
            extra.targetStart = list.store(target)
            extra.targetLength = UInt16(target.count)
        }
        extra.deviceMajor = entry.isDevice ? pick([0, 1, 8, 259]) : 0
        extra.deviceMinor = entry.isDevice ? UInt32.random(in: 0...70_000, using: &random) : 0
        if entry.isRegular, format.checksumLength > 0 {
            extra.checksumStart = list.store(random.bytes(format.checksumLength))
        }
        entry.extra = Int32(list.extras.count)
        list.extras.append(extra)
        if format.accessTimes, !entry.isDirectory {
            var attributes = EntryAttributes()
            attributes.accessed = pick([0, -5, 1_600_000_000, 1 << 40])
            entry.attributes = list.add(attributes)
        }
        _ = list.add(entry, parent: parent, leaf: leaf.span)
        if !entry.isDirectory, chance(25) { addLink(to: entry, parent, list) }
    }

    /// Makes the last entry a hard link with a second name.
    private mutating func addLink(to entry: FileEntry, _ parent: [UInt8], _ list: FileList) {
        inode += 1
        list.extras[Int(entry.extra)].inode = inode
        list.extras[Int(entry.extra)].device = 77
        list.entries[list.count - 1].flags.insert(.hardLinked)
        var alias = list.entries[list.count - 1]
        alias.extra = entry.extra
        _ = list.add(alias, parent: parent, leaf: (component() + Array("-link".utf8)).span)
    }

    /// Fills a list with the entries of one directory, and gives the names of the directories in it.
    mutating func fill(_ list: FileList, parent: [UInt8], count: Int) -> [[UInt8]] {
        var names: Set<[UInt8]> = []
        var directories: [[UInt8]] = []
        for _ in 0..<count {
            let leaf = component()
            guard names.insert(leaf).inserted else { continue }
            let types: [UInt32] = [0o100000, 0o100000, 0o040000, 0o120000, 0o020000, 0o060000, 0o010000, 0o140000]
            let type = pick(types)
            add(type, leaf, in: parent, to: list)
            if type == 0o040000, parent.count < 1500 {
                directories.append(parent.isEmpty ? leaf : parent + [0x2f] + leaf)
            }
        }
        return directories
    }
}
