import LinuxSystem

/// Directories of one directory that are still to be scanned: their names in one piece of memory.
struct ScanBatch: Sendable {
    /// The path of the directory that they are in, below the root of the volume.
    let parent: [UInt8]
    /// Each name with a slash after it, which no name contains.
    private var names: [UInt8] = []
    /// How many there are.
    private(set) var count = 0

    init(parent: [UInt8]) { self.parent = parent }

    mutating func append(_ name: Span<UInt8>) {
        for index in name.indices { names.append(name[index]) }
        names.append(UInt8(ascii: "/"))
        count += 1
    }

    /// Takes the path of the last one out.
    mutating func popLast() -> [UInt8]? {
        guard count > 0 else { return nil }
        count -= 1
        names.removeLast()
        let start = names.leafStart
        defer { names.removeLast(names.count - start) }
        return parent.isEmpty ? Array(names[start...]) : parent + [UInt8(ascii: "/")] + names[start...]
    }

    /// Takes about half of them out, for another thread.
    mutating func splitHalf() -> ScanBatch? {
        guard count > 1 else { return nil }
        var half = ScanBatch(parent: parent)
        var end = 0
        while half.count < count / 2 {
            while names[end] != UInt8(ascii: "/") { end += 1 }
            end += 1
            half.count += 1
        }
        half.names = Array(names[..<end])
        names.removeFirst(end)
        count -= half.count
        return half
    }
}
