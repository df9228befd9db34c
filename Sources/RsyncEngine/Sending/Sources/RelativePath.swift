import LinuxSystem

/// A source argument of `--relative` in its parts (rsync(1), `--relative`).
struct RelativePath: Equatable {
    private static let dot = [UInt8(ascii: ".")]

    /// What comes before `/./`, and is not part of names in the transfer; empty for the working directory, `/` for an
    /// absolute path.
    let base: [UInt8]
    /// The names that are part of the transfer.
    let components: [[UInt8]]
    /// Whether names in the transfer begin with a slash.
    let isAbsolute: Bool
    /// Whether its names begin with `./`, which makes the root an implied directory, even of a name that is missing.
    let beginsAtRoot: Bool
    /// Whether it stands for the contents of a directory.
    private(set) var takesContents: Bool

    /// Splits an argument.
    ///
    /// - Returns: Nil if the part that is sent has a component `..`.
    init?(_ argument: [UInt8]) {
        var active = argument[...]
        var base: [UInt8] = []
        if let cut = Self.mark(in: argument) {
            base = cut == 0 ? [PathParts.separator] : Array(argument[..<cut])
            active = argument[(cut + 3)...]
            while active.first == PathParts.separator { active.removeFirst() }
            isAbsolute = false
            beginsAtRoot = active.starts(with: Self.dot + [PathParts.separator])
        } else {
            isAbsolute = argument.first == PathParts.separator
            if isAbsolute { base = [PathParts.separator] }
            beginsAtRoot = argument.starts(with: Self.dot + [PathParts.separator])
        }
        let parts = active.split(separator: PathParts.separator)
        guard !parts.contains(where: { $0 == [0x2e, 0x2e] }) else { return nil }
        self.base = base
        components = parts.filter { $0[...] != Self.dot[...] }.map { Array($0) }
        let leaf = active.split(separator: PathParts.separator, omittingEmptySubsequences: false).last ?? []
        takesContents = leaf.isEmpty || leaf == Self.dot[...] || components.isEmpty
    }

    /// Where the first `/./` starts, or `./` at the very start counts for nothing.
    private static func mark(in path: [UInt8]) -> Int? {
        guard path.count >= 3 else { return nil }
        for index in 0...(path.count - 3)
        where path[index] == PathParts.separator && path[index + 1] == dot[0] && path[index + 2] == PathParts.separator
        {
            return index
        }
        return nil
    }

    /// The same path for the entry itself; nil if it is that, or the base.
    var withoutContents: RelativePath? {
        guard takesContents, !components.isEmpty else { return nil }
        var path = self
        path.takesContents = false
        return path
    }

    /// The name in the transfer.
    var name: [UInt8] {
        guard !components.isEmpty else { return Self.dot }
        return (isAbsolute ? [PathParts.separator] : []) + path
    }

    /// The path below the base.
    var path: [UInt8] { Array(components.joined(separator: [PathParts.separator])) }
}
