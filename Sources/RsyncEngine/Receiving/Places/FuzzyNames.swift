import Glibc
import LinuxSystem
import RsyncWire
import VolumeAccess

/// Chooses a file with a similar name as the basis of a new file (`-y`; protocol specification, transfer 11.9).
///
/// One thread uses it; the listing of the last directory is kept.
final class FuzzyNames {
    /// A directory with more files than this is not searched for each new name.
    private static let mostNames = 5000

    private struct Known {
        let directory: VolumeDirectory
        let files: [(name: [UInt8], status: FileStatus)]
    }

    private var known: [Known] = []

    /// The best basis for an entry among the files of directories.
    ///
    /// - Parameters:
    ///   - entry: The entry, a regular file.
    ///   - leaf: Its name.
    ///   - directories: The directories to search, the first preferred.
    ///   - isHidden: Whether a name in one of them must not be used.
    /// - Returns: The number of the directory, the file's name and status; nil if no name is similar.
    func best(
        for entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        in directories: [VolumeDirectory?],
        hiding isHidden: (_ directory: Int, _ name: [UInt8]) -> Bool
    ) -> (directory: Int, name: [UInt8], status: FileStatus)? {
        var best: (directory: Int, name: [UInt8], status: FileStatus)?
        var shortest = Int.max
        for (number, directory) in directories.enumerated() {
            guard let directory else { continue }
            for file in files(of: directory) where file.name[...] != leaf || number > 0 {
                if file.status.size == entry.size, file.status.modified.seconds == entry.modified,
                    !isHidden(number, file.name)
                {
                    return (number, file.name, file.status)
                }
                let distance = Self.distance(file.name, leaf, below: min(shortest, leaf.count / 2 + 1))
                guard let distance, distance < shortest, !isHidden(number, file.name) else { continue }
                (shortest, best) = (distance, (number, file.name, file.status))
            }
        }
        return best
    }

    /// Forgets what a directory contains, which has changed.
    func forget() { known = [] }

    private func files(of directory: VolumeDirectory) -> [(name: [UInt8], status: FileStatus)] {
        if let found = known.first(where: { $0.directory === directory }) { return found.files }
        var files: [(name: [UInt8], status: FileStatus)] = []
        if let listing = try? directory.list(withStatus: true), listing.count <= Self.mostNames {
            for index in 0..<listing.count {
                guard let status = listing.statuses[index], status.isRegular, status.size > 0 else { continue }
                files.append((listing.nameBytes(index), status))
            }
        }
        if known.count >= 4 { known.removeFirst() }
        known.append(Known(directory: directory, files: files))
        return files
    }

    /// The number of insertions, deletions and replacements that make one name the other; nil when it reaches a limit.
    static func distance(_ first: [UInt8], _ second: ArraySlice<UInt8>, below limit: Int) -> Int? {
        guard abs(first.count - second.count) < limit else { return nil }
        let second = Array(second)
        var row = Array(0...second.count)
        for (index, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            var least = row[0]
            for column in second.indices {
                let replaced = diagonal + (second[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
                least = min(least, row[column + 1])
            }
            guard least < limit else { return nil }
        }
        return row[second.count] < limit ? row[second.count] : nil
    }
}
