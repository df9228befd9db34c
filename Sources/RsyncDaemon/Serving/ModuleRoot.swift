import LinuxSystem

/// Where a module's directory is for rsync, which decides what its defaults are (rsyncd.conf(5), `use chroot`).
struct ModuleRoot: Equatable, Sendable {
    private static let mark: ArraySlice<UInt8> = [UInt8(ascii: ".")]

    /// The components of the path, and of the part that rsync would change its root to.
    private let components: [ArraySlice<UInt8>]
    private let rootComponents: [ArraySlice<UInt8>]
    /// Whether rsync would change its root, to the path or to what precedes `/./` in it.
    let isChrooted: Bool
    /// Whether the path is the root of the file system then, so that nothing in it leads out.
    let isRoot: Bool

    /// Examines a module's path.
    ///
    /// - Parameters:
    ///   - path: As configured.
    ///   - usesChroot: The module's setting.
    ///   - isSuperuser: Whether the daemon may change its root.
    init(_ path: [UInt8], usesChroot: Bool?, isSuperuser: Bool) {
        let all = PathParts.components(of: path)
        let inner = all.firstIndex(of: Self.mark).map { all[$0...].filter { $0 != Self.mark } }
        components = all.filter { $0 != Self.mark }
        isChrooted = usesChroot ?? (inner != nil || isSuperuser)
        rootComponents = isChrooted ? components.dropLast(inner?.count ?? 0) : []
        isRoot = isChrooted && inner?.isEmpty ?? true
    }

    /// The directory that targets of links with rsync's prefix would lead to.
    var mungedDirectory: [UInt8] {
        let parts = rootComponents + [Array("rsyncd-munged".utf8)[...]]
        return [PathParts.separator] + Array(parts.joined(separator: [PathParts.separator]))
    }

    /// A path of the module's parameters as a client would give it: an absolute one begins at the module.
    ///
    /// - Parameter path: Without a chroot to the module, an absolute one is a path of the system.
    /// - Returns: The path; nil for one outside of the module.
    func inside(_ path: [UInt8]) -> [UInt8]? {
        guard !isRoot, path.first == PathParts.separator else { return path }
        let parts = PathParts.components(of: path).filter { $0 != Self.mark }
        guard parts.starts(with: components) else { return nil }
        let rest = parts.dropFirst(components.count).joined(separator: [PathParts.separator])
        return [PathParts.separator] + Array(rest)
    }
}
