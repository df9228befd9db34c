import LinuxSystem
import RsyncWire
package import VolumeAccess

/// A source argument: a root on a volume, and the name that is sent for what is there.
package struct SourceRoot: Sendable {
    /// The directory that contains all names of this source.
    package let volume: Volume
    /// The name below the root to start from; `.` sends the root's contents.
    package let name: [UInt8]
    /// The argument as given, for messages.
    package let argument: [UInt8]

    /// The place of the root, for filter rules.
    let filterRoot: FilterRoot

    /// What precedes the name in the argument: `dir/` of `dir/file` and of `dir/`.
    package var folder: [UInt8] { Self.split(argument).parent }

    /// Names a source.
    package init(volume: Volume, name: [UInt8], argument: [UInt8]) {
        self.init(volume: volume, name: name, argument: argument, FilterRoot(volume))
    }

    private init(volume: Volume, name: [UInt8], argument: [UInt8], _ filterRoot: FilterRoot) {
        self.volume = volume
        self.name = name
        self.argument = argument
        self.filterRoot = filterRoot
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
        let (parent, leaf) = split(argument)
        let path = parent.isEmpty ? [UInt8(ascii: ".")] : parent
        return SourceRoot(volume: try Volume.open(path: path.span), name: leaf, argument: argument)
    }

    /// Splits an argument like ``argument(_:)``, below the root of a module.
    ///
    /// - Parameters:
    ///   - argument: A path relative to the module, without `..`.
    ///   - base: The module's root.
    /// - Returns: The source.
    /// - Throws: ``VolumeError`` when the directory part cannot be opened.
    package static func argument(_ argument: [UInt8], in base: Volume) throws(VolumeError) -> SourceRoot {
        let (parent, leaf) = split(argument)
        var path = parent[...]
        while path.first == PathParts.separator { path.removeFirst() }
        while path.last == PathParts.separator { path.removeLast() }
        let volume = path.isEmpty ? base : try base.volume(at: path.span)
        let root = FilterRoot(module: base, path: Array(path))
        return SourceRoot(volume: volume, name: leaf, argument: argument, root)
    }

    /// The directory to enter and the name to send.
    private static func split(_ argument: [UInt8]) -> (parent: [UInt8], leaf: [UInt8]) {
        let dot = UInt8(ascii: ".")
        let parts = PathParts(argument)
        let parent = parts.hasParent ? parts.parent + [PathParts.separator] : []
        if parts.leaf.isEmpty || parts.leaf == [dot] { return (parent, [dot]) }
        if parts.leaf == [dot, dot] { return (argument, [dot]) }
        return (parent, parts.leaf)
    }
}
