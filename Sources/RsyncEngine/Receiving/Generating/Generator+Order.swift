import Glibc
import RsyncWire

extension FileList {
    /// The positions in another order: files by size, after directories and everything else that is small.
    ///
    /// The names of one file have the same size, so they keep their relative order.
    func smallestFirst() -> [Int] {
        var others: [Int] = []
        var files: [(size: Int64, position: Int)] = []
        for position in 0..<count {
            let entry = entry(sorted: position)
            if entry.type == UInt32(S_IFREG) {
                files.append((entry.size, position))
            } else {
                others.append(position)
            }
        }
        files.sort { $0 < $1 }
        return others + files.map(\.position)
    }
}
