import Glibc

/// Opens a path one component at a time, so that each symbolic link is judged before it is followed.
///
/// The directories on the way are held open: `..` leads back to the one that was passed, and what is renamed or replaced
/// meanwhile leads nowhere else.
package struct PathWalk: ~Copyable {
    private static let mostLinks = 40
    private static let dots = [UInt8(ascii: "."), UInt8(ascii: ".")]

    private let rule: PathRule
    /// The permissions of directories that are made where they are missing; nil for none.
    private let making: UInt32?
    /// The directories on the way, the current one last; this value closes them.
    private var held: [Int32] = []
    /// What is left of the path, the next component last.
    private var rest: [[UInt8]] = []
    /// How many of these are the given path's own; those of links come before them.
    private var ownCount = 0
    private var linkCount = 0

    deinit { for number in held { _ = Glibc.close(number) } }

    private init(_ rule: PathRule, making: UInt32?) {
        self.rule = rule
        self.making = making
    }

    /// Opens what a path leads to.
    ///
    /// - Parameters:
    ///   - path: Relative to the directory; an absolute one only where the rule encloses nothing.
    ///   - directory: A descriptor of a directory, or `AT_FDCWD`.
    ///   - flags: Those of open(2).
    ///   - mode: The permissions of a new file, subject to the umask.
    ///   - making: The permissions of missing directories, the last component included, which are then made; what a link
    ///     leads to is not made, as it may be on a disk that is not mounted.
    ///   - rule: Which links are followed, and where the path may lead.
    /// - Returns: The open descriptor.
    /// - Throws: ``SystemError``; ELOOP for a link that is not followed and for a place out of reach.
    package static func open(
        _ path: [UInt8],
        from directory: Int32 = AT_FDCWD,
        _ flags: Int32,
        mode: UInt32 = 0,
        making: UInt32? = nil,
        by rule: PathRule
    ) throws(SystemError) -> Descriptor {
        var walk = PathWalk(rule, making: making)
        return try walk.run(path, from: directory, flags | O_CLOEXEC, mode)
    }

    private var current: Int32 { held[held.count - 1] }

    private mutating func run(
        _ path: [UInt8],
        from directory: Int32,
        _ flags: Int32,
        _ mode: UInt32
    ) throws(SystemError) -> Descriptor {
        guard !path.isEmpty, !path.contains(0) else { throw SystemError(operation: "open", number: ENOENT) }
        // An absolute path needs no directory to start from, which the user may not be able to enter.
        if path.first != PathParts.separator || rule.reach != .anywhere {
            held.append(try Self.directory([Self.dots[0]], in: directory))
        }
        try queue(path)
        ownCount = rest.count
        let isDirectory = making != nil || flags & O_DIRECTORY != 0
        while let name = rest.popLast() {
            let isOwn = rest.count < ownCount
            if isOwn { ownCount = rest.count }
            if !isDirectory, rest.isEmpty, name != Self.dots, name != [Self.dots[0]] {
                if let file = try last(name, flags, mode) { return file }
            } else {
                try step(name, making: isOwn ? making : nil)
            }
        }
        try checkLimit()
        return Descriptor(owning: try systemCall("open") { openFile([Self.dots[0]], flags, in: current) })
    }

    /// Opens a directory only to start from it.
    private static func directory(_ name: [UInt8], in directory: Int32) throws(SystemError) -> Int32 {
        try systemCall("open") { openFile(name, O_PATH | O_DIRECTORY | O_CLOEXEC, in: directory) }
    }

    /// Puts a path before what is left.
    private mutating func queue(_ path: [UInt8]) throws(SystemError) {
        var components = PathParts.components(of: path).map { Array($0) }
        if path.first == PathParts.separator { components = try enterTop(components) }
        // What a slash follows is a directory.
        if path.last == PathParts.separator { components.append([Self.dots[0]]) }
        rest += components.reversed()
    }

    /// Goes to where an absolute path starts.
    ///
    /// - Returns: What is left of the path's components.
    private mutating func enterTop(_ components: [[UInt8]]) throws(SystemError) -> [[UInt8]] {
        switch rule.reach {
        case .anywhere:
            let top = try Self.directory([PathParts.separator], in: AT_FDCWD)
            leave(all: 0)
            held.append(top)
            return components
        case .enclosed(let path):
            let base = path.map { PathParts.components(of: $0).map { Array($0) } }
            guard let base, components.starts(with: base) else { throw Self.outOfReach }
            leave(all: 1)
            return Array(components.dropFirst(base.count))
        }
    }

    private mutating func leave(all count: Int) {
        while held.count > count { _ = Glibc.close(held.removeLast()) }
    }

    private static var outOfReach: SystemError { SystemError(operation: "open", number: ELOOP) }

    // MARK: steps

    /// Goes to a component.
    private mutating func step(_ name: [UInt8], making permissions: UInt32?) throws(SystemError) {
        if name == [Self.dots[0]] { return }
        if name == Self.dots { return try leave() }
        var number = openDirectory(name)
        if number < 0, errno == ENOENT, let permissions {
            try checkLimit()
            guard makeDirectory(name, permissions, in: current) == 0 || errno == EEXIST else {
                throw SystemError(operation: "mkdir", number: errno)
            }
            number = openDirectory(name)
        }
        if number >= 0 { return held.append(number) }
        guard errno == ENOTDIR || errno == ELOOP else { throw SystemError(operation: "open", number: errno) }
        let itself = try systemCall("open") { openFile(name, O_PATH | O_NOFOLLOW | O_CLOEXEC, in: current) }
        let link = Descriptor(owning: itself)
        let status = try DescriptorStatus(of: link.rawValue)
        guard status.type == S_IFLNK else { throw SystemError(operation: "open", number: ENOTDIR) }
        try follow(link, status, name)
    }

    /// Opens a directory that is not a link; with `O_DIRECTORY` also one that is mounted when it is used.
    private func openDirectory(_ name: [UInt8]) -> Int32 {
        openFile(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, in: current)
    }

    private mutating func leave() throws(SystemError) {
        guard held.count == 1 else { return leave(all: held.count - 1) }
        switch rule.reach {
        case .anywhere:
            let parent = try Self.directory(Self.dots, in: current)
            leave(all: 0)
            held.append(parent)
        case .enclosed(below: []): break
        case .enclosed: throw Self.outOfReach
        }
    }

    /// Opens the last component; nil for a link, which is then followed.
    private mutating func last(_ name: [UInt8], _ flags: Int32, _ mode: UInt32) throws(SystemError) -> Descriptor? {
        try checkLimit()
        let number = openFile(name, flags | O_NOFOLLOW, mode: mode, in: current)
        if number >= 0 { return Descriptor(owning: number) }
        guard errno == ELOOP else { throw SystemError(operation: "open", number: errno) }
        let itself = try systemCall("open") { openFile(name, O_PATH | O_NOFOLLOW | O_CLOEXEC, in: current) }
        let link = Descriptor(owning: itself)
        let status = try DescriptorStatus(of: link.rawValue)
        guard status.type == S_IFLNK else { throw SystemError(operation: "open", number: ELOOP) }
        if try isFollowedByKernel(link, status) {
            return Descriptor(owning: try systemCall("open") { openFile(name, flags, mode: mode, in: current) })
        }
        try follow(link, status, name)
        return nil
    }

    // MARK: links

    private mutating func follow(
        _ link: borrowing Descriptor,
        _ status: DescriptorStatus,
        _ name: [UInt8]
    ) throws(SystemError) {
        if try isFollowedByKernel(link, status) {
            let place = try Self.directory(name, in: current)
            // Its parent is not where the link is.
            leave(all: 0)
            return held.append(place)
        }
        linkCount += 1
        guard linkCount <= Self.mostLinks else { throw Self.outOfReach }
        guard let target = linkTarget(of: link.rawValue) else {
            throw SystemError(operation: "readlink", number: errno)
        }
        try queue(target)
    }

    /// Judges a link.
    ///
    /// - Returns: Whether only the kernel can follow it: what a link such as `/proc/self/fd/3` reads as is not a path.
    private func isFollowedByKernel(
        _ link: borrowing Descriptor,
        _ status: DescriptorStatus
    ) throws(SystemError) -> Bool {
        switch rule.links {
        case .nobodys: throw Self.outOfReach
        case .trusted where status.owner != 0 && status.owner != geteuid():
            throw SystemError(operation: SystemError.followingLink, number: ELOOP)
        case .trusted, .everybodys: break
        }
        guard isOnProcessFileSystem(link.rawValue) else { return false }
        guard rule.reach == .anywhere else { throw Self.outOfReach }
        return true
    }

    // MARK: the limit

    /// Checks that the current directory is the limit or below it.
    private func checkLimit() throws(SystemError) {
        guard let limit = rule.limit else { return }
        let number = openFile(limit, O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw Self.outOfReach }
        let top = Descriptor(owning: number)
        let topStatus = try DescriptorStatus(of: top.rawValue)
        var place = Descriptor(owning: try Self.directory([Self.dots[0]], in: current))
        while true {
            let status = try DescriptorStatus(of: place.rawValue)
            if status.isSameFile(as: topStatus) { return }
            let parent = Descriptor(owning: try Self.directory(Self.dots, in: place.rawValue))
            // The root of the file system is its own parent.
            guard try !DescriptorStatus(of: parent.rawValue).isSameFile(as: status) else { throw Self.outOfReach }
            place = parent
        }
    }
}
