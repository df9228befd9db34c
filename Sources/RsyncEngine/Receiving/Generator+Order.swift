import Glibc
import RsyncWire

extension FileList {
    /// The sorted positions in another order: files by their length, after everything that they may need.
    ///
    /// Files with several names keep their place among directories and links, since the others of their group wait for them.
    func smallestFirst() -> [Int] {
        var others: [Int] = []
        var files: [(size: Int64, position: Int)] = []
        for position in 0..<count {
            let entry = entry(sorted: position)
            if entry.type == UInt32(S_IFREG), !entry.flags.contains(.hardLinked) {
                files.append((entry.size, position))
            } else {
                others.append(position)
            }
        }
        files.sort { $0 < $1 }
        return others + files.map(\.position)
    }
}
