import LinuxSystem
import RsyncOptions
import RsyncWire
package import VolumeAccess

/// A source argument: a root on a volume, and the names that are sent for what is there.
package struct SourceRoot: Sendable {
    /// The directory that contains all names of this source.
    package let volume: Volume
    /// What names in the transfer have before the path below the volume's root; ends with a slash, or is empty.
    let prefix: [UInt8]
    /// The path from the volume's root to where its names begin; empty unless links are followed within a module.
    let base: [UInt8]
    /// The path below the root to start from; `.` sends the root's contents.
    package let name: [UInt8]
    /// Whether a directory stands for its contents, too, without recursion.
    let takesContents: Bool
    /// The argument as given, for messages.
    package let argument: [UInt8]
    /// The place of the transfer's root, for filter rules.
    let filterRoot: FilterRoot
    /// The directory that implied directories are below; nil when none are sent.
    let impliedBase: Volume?
    /// The path from there to the first of them.
    let impliedPath: [UInt8]
    /// Whether the transfer's root is one of them.
    var impliesRoot = false
    /// The part of the argument that precedes the names of the transfer: `dir` of `dir/file` and of `dir/`.
    var argumentDirectory: [UInt8] = []
    /// The names below the root that are sent instead of the root's contents (`--files-from`); nil for an argument.
    let names: FileNames?

    /// Names a source.
    package init(volume: Volume, name: [UInt8], argument: [UInt8]) {
        self.init(volume: volume, name: name, argument: argument, FilterRoot(volume))
    }

    init(
        volume: Volume,
        prefix: [UInt8] = [],
        base: [UInt8] = [],
        name: [UInt8],
        takesContents: Bool = false,
        argument: [UInt8],
        _ filterRoot: FilterRoot,
        impliedBase: Volume? = nil,
        impliedPath: [UInt8] = [],
        names: FileNames? = nil
    ) {
        self.volume = volume
        self.prefix = prefix
        self.base = base
        self.name = name
        self.takesContents = takesContents || name == [UInt8(ascii: ".")]
        self.argument = argument
        self.filterRoot = filterRoot
        self.impliedBase = impliedBase
        self.impliedPath = impliedPath
        self.names = names
    }

    /// The contents of a directory, as sent by `rsync PATH/`.
    ///
    /// - Parameter path: A directory; symbolic links in the path are followed.
    /// - Returns: The source.
    /// - Throws: ``VolumeError`` when it cannot be opened.
    package static func contents(of path: String) throws(VolumeError) -> SourceRoot {
        SourceRoot(volume: try Volume.open(path: path), name: [UInt8(ascii: ".")], argument: Array(path.utf8))
    }

    /// Splits an argument as rsync does (protocol specification, transfer 3.11): `dir/`, `dir/.` and `..` mean contents,
    /// anything else is sent under its last component.
    ///
    /// - Parameter argument: A path as given by the user.
    /// - Returns: The source.
    /// - Throws: ``VolumeError`` when the directory part cannot be opened.
    package static func argument(_ argument: [UInt8]) throws(VolumeError) -> SourceRoot {
        var resolver = SourceResolver(SourcePlace.user, TransferOptions())
        return try resolver.plain(argument)
    }

    /// The name in the transfer.
    var transferName: [UInt8] {
        guard name == [UInt8(ascii: ".")] else { return prefix + name }
        return prefix.count > 1 ? prefix.dropLast() : name
    }

    /// The same source with names to send instead of its contents.
    func sending(_ names: FileNames?) -> SourceRoot {
        SourceRoot(
            volume: volume,
            prefix: prefix,
            base: base,
            name: name,
            takesContents: takesContents,
            argument: argument,
            filterRoot,
            names: names
        )
    }

    /// A name in the transfer, the source's own by default, as a whole path for messages.
    func shown(_ name: [UInt8]? = nil, in place: SourcePlace) -> [UInt8] {
        let components = PathParts.components(of: name ?? transferName).filter { $0 != [0x2e] }
        var directory = filterRoot.path
        if case .user = place, !argumentDirectory.isEmpty {
            // As the user named it, also where a link leads elsewhere.
            directory = SidePath.normalized(place.shown(argument: argumentDirectory))
        }
        guard !components.isEmpty else { return [PathParts.separator] + directory }
        return place.shown(components.joined(separator: [PathParts.separator]), in: directory)
    }
}
