import LinuxSystem
import VolumeAccess

/// Expands the wildcards of the paths that a client names in a module (protocol specification, session 3.6).
struct ModuleGlob {
    /// The most names that one path may stand for.
    private static let limit = 1 << 20

    private let volume: Volume
    private let hidden: ModuleFilters?

    init(_ volume: Volume, hidden: ModuleFilters?) { (self.volume, self.hidden) = (volume, hidden) }

    /// The names that a path stands for, in the order of their bytes; the path itself if it has no wildcards, or none
    /// matches.
    func paths(for path: [UInt8]) -> [[UInt8]] {
        guard path.contains(where: Self.isWild) else { return [path] }
        let slash = PathParts.separator
        var found: [[UInt8]] = [[]]
        for component in PathParts.components(of: path) {
            found = found.flatMap { parent in
                names(like: Array(component), in: parent).map { parent.isEmpty ? $0 : parent + [slash] + $0 }
            }
            guard found.count <= Self.limit else { return [path] }
        }
        return found.isEmpty ? [path] : found.map { path.last == slash ? $0 + [slash] : $0 }
    }

    private static func isWild(_ byte: UInt8) -> Bool { Array("*?[".utf8).contains(byte) }

    private func names(like pattern: [UInt8], in directory: [UInt8]) -> [[UInt8]] {
        guard pattern.contains(where: Self.isWild) else { return [pattern] }
        do throws(VolumeError) {
            let listing = try volume.directory(directory.span).list()
            let prefix = directory.isEmpty ? [] : directory + [PathParts.separator]
            return (0..<listing.count).compactMap { index in
                let name = listing.nameBytes(index)
                let isDirectory = listing.kinds[index] == .directory
                guard matchesGlob(pattern, name) else { return nil }
                return hidden?.hides(prefix + name, isDirectory: isDirectory) == true ? nil : name
            }.sorted { $0.lexicographicallyPrecedes($1) }
        } catch {
            return []
        }
    }
}
