import Glibc
import LinuxSystem
import ProcessSupport

/// Sorts the names of one directory by their bytes, however many there are.
///
/// Names are kept in memory up to a limit; beyond it sorted runs go to files without names, and are merged when the names
/// are taken. Where no such file can be made everything stays in memory.
struct NameSorter {
    /// A name in ``arena``, with its first bytes as a number that sorts as they do.
    private struct Place {
        let prefix: UInt64
        let start: Int
        let length: Int
    }

    /// How many bytes of names and places are kept before a run is written.
    private let limit: Int
    private var arena: [UInt8] = []
    private var places: [Place] = []
    private var runs: [NameRun] = []
    private var canSpill = true

    init(limit: Int = 8 << 20) { self.limit = limit }

    /// Adds a name.
    mutating func add(_ name: Span<UInt8>) {
        var prefix: UInt64 = 0
        for index in 0..<8 { prefix = prefix << 8 | (index < name.count ? UInt64(name[index]) : 0) }
        places.append(Place(prefix: prefix, start: arena.count, length: name.count))
        for index in name.indices { arena.append(name[index]) }
        guard canSpill, arena.count + places.count * MemoryLayout<Place>.size > limit else { return }
        spill()
    }

    private mutating func spill() {
        sort()
        let (arena, places) = (arena, places)
        do throws(SystemError) {
            runs.append(try NameRun(places.lazy.map { arena[$0.start..<$0.start + $0.length] }))
            self.arena.removeAll(keepingCapacity: true)
            self.places.removeAll(keepingCapacity: true)
        } catch {
            canSpill = false
        }
    }

    private mutating func sort() {
        let arena = arena
        places.sort { left, right in
            guard left.prefix == right.prefix else { return left.prefix < right.prefix }
            let shared = min(left.length, right.length)
            var index = min(8, shared)
            while index < shared {
                let (one, other) = (arena[left.start + index], arena[right.start + index])
                if one != other { return one < other }
                index += 1
            }
            return left.length < right.length
        }
    }

    /// Ends the adding; the sorter is empty afterwards.
    ///
    /// - Returns: The names in ascending order of their bytes.
    /// - Throws: `SystemError` when a run cannot be read again.
    mutating func finish() throws(SystemError) -> SortedNames {
        sort()
        let names = try SortedNames(arena, places.map { $0.start..<$0.start + $0.length }, runs)
        (arena, places, runs) = ([], [], [])
        return names
    }
}

/// The names of a directory in ascending order of their bytes.
struct SortedNames {
    private let arena: [UInt8]
    private let ranges: [Range<Int>]
    private var next = 0
    private var last: [UInt8]?
    private let runs: [NameRun]

    fileprivate init(_ arena: [UInt8], _ ranges: [Range<Int>], _ runs: [NameRun]) throws(SystemError) {
        self.arena = arena
        self.ranges = ranges
        self.runs = runs
        for run in runs { try run.advance() }
    }

    /// Takes the next name; nil after the last one.
    ///
    /// - Throws: `SystemError` when a run cannot be read.
    mutating func take() throws(SystemError) -> [UInt8]? {
        var least = next < ranges.count ? Array(arena[ranges[next]]) : nil
        var chosen: NameRun?
        for run in runs {
            guard let name = run.name else { continue }
            guard least.map({ name.lexicographicallyPrecedes($0) }) ?? true else { continue }
            (least, chosen) = (name, run)
        }
        if let chosen { try chosen.advance() } else { next += 1 }
        // The kernel may list a name twice when the directory changes meanwhile.
        if let least, least == last { return try take() }
        last = least
        return least
    }
}

/// Sorted names in a file without a name, each with its length in two bytes before it.
private final class NameRun {
    private static let bufferSize = 64 << 10
    private let file: ScratchFile
    private var buffer: [UInt8] = []
    private var place = 0
    /// How many names have not been read again.
    private var left = 0
    /// The next name; nil after the last one.
    private(set) var name: [UInt8]?

    /// Writes a run.
    init(_ names: some Sequence<ArraySlice<UInt8>>) throws(SystemError) {
        file = try ScratchFile()
        for name in names {
            buffer.append(UInt8(truncatingIfNeeded: name.count))
            buffer.append(UInt8(truncatingIfNeeded: name.count >> 8))
            buffer.append(contentsOf: name)
            left += 1
            if buffer.count >= Self.bufferSize { try flush() }
        }
        try flush()
        try file.rewind()
    }

    private func flush() throws(SystemError) {
        let bytes = buffer
        try file.write(bytes.span)
        buffer = []
        buffer.reserveCapacity(Self.bufferSize + 1024)
    }

    /// Goes to the next name, or to the first one.
    func advance() throws(SystemError) {
        guard left > 0 else { return name = nil }
        left -= 1
        guard try fill(2) else { throw SystemError(operation: "read", number: EIO) }
        let length = Int(buffer[place]) | Int(buffer[place + 1]) << 8
        guard try fill(2 + length) else { throw SystemError(operation: "read", number: EIO) }
        name = Array(buffer[place + 2..<place + 2 + length])
        place += 2 + length
    }

    /// Sees to it that some bytes are in the buffer.
    private func fill(_ count: Int) throws(SystemError) -> Bool {
        while buffer.count - place < count {
            var bytes = Array(buffer[place...])
            let kept = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: Self.bufferSize))
            var span = bytes.mutableSpan
            var rest = span._mutatingExtracting(droppingFirst: kept)
            let got = try file.read(into: &rest)
            bytes.removeLast(Self.bufferSize - got)
            (buffer, place) = (bytes, 0)
            if got == 0 { return false }
        }
        return true
    }
}
