import LinuxSystem
import RsyncOptions
import VolumeAccess

/// Expands the wildcards of source arguments below a module's root, as a shell does for its own user's.
struct ModuleGlob {
    private static let wildcards = [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")]
    /// The most names that one argument stands for.
    private static let limit = 100_000

    private let volume: Volume
    /// The names that the module hides, which no wildcard finds.
    private let hidden: ModuleFilters?

    init(_ volume: Volume, hidden: ModuleFilters?) { (self.volume, self.hidden) = (volume, hidden) }

    /// The paths that an argument stands for, in ascending order; itself when there is none.
    func expand(_ argument: [UInt8]) -> [[UInt8]] {
        guard argument.contains(where: Self.wildcards.contains) else { return [argument] }
        let endsInSlash = argument.last == PathParts.separator
        var found: [[UInt8]] = [[]]
        for component in PathParts.components(of: argument) {
            found = found.flatMap { names(of: Array(component), below: $0) }
            guard found.count <= Self.limit else { return [argument] }
        }
        let paths = endsInSlash ? found.map { $0 + [PathParts.separator] } : found
        return paths.isEmpty ? [argument] : paths
    }

    /// Whether a link leads to something in the module.
    private func leadsSomewhere(_ path: [UInt8]) -> Bool {
        do throws(VolumeError) {
            return try volume.root.status(of: path.span, following: .inside) != nil
        } catch {
            return false
        }
    }

    private func names(of component: [UInt8], below parent: [UInt8]) -> [[UInt8]] {
        func joined(_ leaf: [UInt8]) -> [UInt8] { parent.isEmpty ? leaf : parent + [PathParts.separator] + leaf }
        guard let directory = try? volume.directory(parent.span, following: .inside) else { return [] }
        // Whether a name without wildcards exists turns out when it is listed.
        guard component.contains(where: Self.wildcards.contains) else { return [joined(component)] }
        guard let listing = try? directory.list() else { return [] }
        return listing.sortedIndices().compactMap { index in
            let leaf = listing.nameBytes(index)
            // A leading dot is matched by a dot only.
            guard leaf.first != UInt8(ascii: ".") || component.first == UInt8(ascii: "."),
                NamePattern(component).matches(leaf)
            else { return nil }
            let path = joined(leaf)
            let isDirectory = listing.kinds[index] == .directory
            if let hidden, hidden.hides(path, isDirectory: isDirectory) { return nil }
            let exists = listing.kinds[index] != .symbolicLink || leadsSomewhere(path)
            return exists ? path : nil
        }
    }
}
