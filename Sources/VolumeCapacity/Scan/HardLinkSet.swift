import Synchronization

/// Remembers which files with several names have been seen, and nothing of any other file.
///
/// An inode takes 8 bytes in an open-addressed table of at most two million places (16 MiB) for each device. Beyond
/// that, further files with several names count once per name: too much rather than too little.
///
/// ## Concurrency model
/// One lock; only entries with several names come here.
final class HardLinkSet: Sendable {
    /// The most inodes that are remembered, of all devices together.
    static let limit = 1 << 20

    private struct State {
        var tables: [(device: UInt64, inodes: InodeTable)] = []
        var count = 0
    }

    private let state = Mutex(State())

    /// Whether this is the first name of a file that comes by.
    func isFirst(device: UInt64, inode: UInt64) -> Bool {
        state.withLock { state in
            let place = state.tables.firstIndex { $0.device == device } ?? state.tables.count
            if place == state.tables.count { state.tables.append((device, InodeTable())) }
            guard state.count < HardLinkSet.limit else { return !state.tables[place].inodes.contains(inode) }
            let isNew = state.tables[place].inodes.insert(inode)
            if isNew { state.count += 1 }
            return isNew
        }
    }
}

/// A set of inode numbers, at most half full; 0 is not an inode number and marks a free slot.
private struct InodeTable {
    private var places = [UInt64](repeating: 0, count: 1024)
    private var count = 0

    private func place(of inode: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: (inode &* 0x9e37_79b9_7f4a_7c15) >> 32) & (places.count - 1)
        while places[place] != 0, places[place] != inode { place = (place + 1) & (places.count - 1) }
        return place
    }

    func contains(_ inode: UInt64) -> Bool { places[place(of: inode)] == inode }

    mutating func insert(_ inode: UInt64) -> Bool {
        let found = place(of: inode)
        guard places[found] != inode else { return false }
        places[found] = inode
        count += 1
        if count * 2 > places.count { grow() }
        return true
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count * 2)
        for inode in old where inode != 0 { places[place(of: inode)] = inode }
    }
}
