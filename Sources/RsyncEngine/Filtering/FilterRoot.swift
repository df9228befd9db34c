import LinuxSystem
import VolumeAccess

/// The place of a transfer's root: what rules about absolute paths and merge files above the root refer to.
struct FilterRoot: Sendable {
    /// The root of a daemon's module, beyond which nothing is read; nil for a user's own path.
    let module: Volume?
    /// The path of the transfer's root from the module's or the system's root, without slashes at its ends.
    let path: [UInt8]

    /// A directory of a module.
    init(module: Volume, path: [UInt8]) {
        self.module = module
        self.path = path == [UInt8(ascii: ".")] ? [] : Array(PathParts.components(of: path).joined(separator: [0x2f]))
    }

    /// A directory by itself.
    init(_ volume: Volume) {
        module = nil
        path = Array(PathParts.components(of: volume.absolutePath).joined(separator: [PathParts.separator]))
    }

    /// The directories above the root, from the top down: the path of each, and the path from there to the root.
    var ancestors: [(path: [UInt8], rest: [UInt8])] {
        let components = PathParts.components(of: path)
        return components.indices.map { index in
            (
                Array(components[..<index].joined(separator: [PathParts.separator])),
                Array(components[index...].joined(separator: [PathParts.separator]))
            )
        }
    }

    /// How many directories lead from the top to where a merge rule begins; nil if that is not above the root.
    func depth(of start: [UInt8]) -> Int? {
        var components = start.first == PathParts.separator ? [] : PathParts.components(of: path)
        for component in PathParts.components(of: start) {
            if component == [0x2e, 0x2e] {
                _ = components.popLast()
            } else if component != [0x2e] {
                components.append(component)
            }
        }
        return PathParts.components(of: path).starts(with: components) ? components.count : nil
    }

    /// Opens a directory above the root.
    func open(_ path: [UInt8]) throws(VolumeError) -> VolumeDirectory {
        if let module { return try module.directory(path.span) }
        let path = [PathParts.separator] + path
        return try Volume.open(path: path.span).root
    }
}
