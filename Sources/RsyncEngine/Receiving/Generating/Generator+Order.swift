import Glibc
import RsyncWire

extension FileList {
    /// The sorted positions in another order: files by their length, after directories and all else that is small.
    ///
    /// Names of one file have one length, so that they keep their order among themselves.
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
