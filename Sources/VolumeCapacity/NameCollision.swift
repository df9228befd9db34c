import LinuxSystem
package import VolumeAccess

/// Two names of one directory that a file system which folds case takes for one: of the two files one would be lost.
package struct NameCollision: Hashable, Sendable {
    /// The path of one, printable.
    package let first: String
    /// The path of the other, printable.
    package let second: String

    /// The most pairs that are listed.
    static let limit = 1000

    /// Looks through a tree.
    ///
    /// Names are compared as their Unicode lower-case forms, which is about what file systems do; names that are not
    /// UTF-8 by their ASCII letters. Memory is that of one directory.
    ///
    /// - Parameter volume: The tree.
    /// - Returns: The first pairs, ``limit`` at most.
    package static func all(in volume: Volume) -> [NameCollision] {
        var collisions: [NameCollision] = []
        var waiting: [[UInt8]] = [[]]
        while let path = waiting.popLast(), collisions.count < limit {
            // What cannot be listed cannot be sent either; the transfer reports it.
            guard let directory = try? volume.directory(path.span), let listing = try? directory.list() else {
                continue
            }
            var known: [String: [UInt8]] = [:]
            for index in 0..<listing.count {
                let name = listing.nameBytes(index)
                let whole = directory.path(of: name.span)
                if listing.kinds[index] == .directory { waiting.append(whole) }
                guard let other = known.updateValue(whole, forKey: folded(name)) else { continue }
                let (first, second) = (PrintableText.path(other), PrintableText.path(whole))
                collisions.append(NameCollision(first: min(first, second), second: max(first, second)))
            }
        }
        return collisions
    }

    private static func folded(_ name: [UInt8]) -> String {
        if let text = String(validating: name, as: UTF8.self) { return text.lowercased() }
        return name.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }.map { String($0, radix: 16) }.joined(
            separator: " "
        )
    }
}
