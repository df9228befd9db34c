import VolumeAccess

/// The files with several names of which not all have come by, with the path of the first name of each.
///
/// A file whose last name has come by is forgotten: memory grows with the files that still wait for names, about 60 bytes
/// and a path for each. Used by one thread.
struct LinkGroups {
    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    private struct Group {
        let path: [UInt8]
        var names: UInt32
    }

    private var groups: [Inode: Group] = [:]

    /// Takes in a name of a file.
    ///
    /// - Parameters:
    ///   - status: The file's status.
    ///   - path: The path with this name, below the root.
    /// - Returns: The path of the first name that came by; empty when this is it.
    mutating func firstPath(_ status: FileStatus, _ path: @autoclosure () -> [UInt8]) -> [UInt8] {
        guard status.linkCount > 1, !status.isDirectory else { return [] }
        let inode = Inode(device: status.device, number: status.inode)
        guard let place = groups.index(forKey: inode) else {
            groups[inode] = Group(path: path(), names: status.linkCount - 1)
            return []
        }
        let path = groups.values[place].path
        groups.values[place].names -= 1
        if groups.values[place].names == 0 { groups.remove(at: place) }
        return path
    }
}
