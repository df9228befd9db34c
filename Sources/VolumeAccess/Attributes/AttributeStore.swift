import CLinux
import Glibc
import LinuxSystem

/// The extended attributes of one entry, by the system calls that suit it.
///
/// Each call returns its result, or a negative `errno`.
struct AttributeStore {
    /// The longest value and the longest list of names that the kernel has (XATTR_SIZE_MAX, XATTR_LIST_MAX).
    static let longest = 65_536

    private enum Place {
        /// An open file.
        case descriptor(Int32)
        /// What a held descriptor leads to.
        case held([UInt8])
        /// A leaf of an open directory, itself.
        case leaf(VolumeDirectory, [UInt8])
    }

    private let place: Place

    private init(place: Place) { self.place = place }

    /// Those of an open file.
    init(_ descriptor: Int32) { place = .descriptor(descriptor) }

    /// Those of what an `O_PATH` descriptor holds.
    init(held descriptor: Int32) { place = .held(Array("/proc/self/fd/\(descriptor)".utf8)) }

    /// Those of a leaf, of a symbolic link itself; or of the directory for nil.
    init(_ directory: VolumeDirectory, _ leaf: Span<UInt8>?) {
        guard let leaf else {
            self.init(held: directory.descriptor.rawValue)
            return
        }
        self.init(place: .leaf(directory, bytes(of: leaf)))
    }

    /// The names.
    func names() -> Result<[[UInt8]], SystemError> {
        let list = collect(upTo: Self.longest) { self.list(into: $0) }
        if list.result == -Int(EOPNOTSUPP) { return .success([]) }
        guard list.result >= 0 else {
            return .failure(SystemError(operation: "llistxattr", number: Int32(-list.result)))
        }
        return .success(Self.names(in: list.bytes))
    }

    /// The names in the kernel's list of them, where each ends with a NUL.
    static func names(in list: [UInt8]) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var start = 0
        for place in list.indices where list[place] == 0 {
            if place > start { names.append(Array(list[start..<place])) }
            start = place + 1
        }
        return names
    }

    private func list(into list: CBuffer) -> Int {
        switch place {
        case .descriptor(let file): kernelCall { Kernel.flistxattr(file, into: list) }
        case .held(let path):
            withTerminated(path.span) { path in kernelCall { Kernel.listxattr(path, into: list) } }
        case .leaf(let directory, let name): directory.listAttributes(of: name.span, into: list)
        }
    }

    /// A value; ENODATA when there is no such attribute.
    func value(of name: [UInt8]) -> Result<[UInt8], SystemError> {
        // Lists keep values: unused capacity would stay with each of them.
        let value = collect(upTo: Self.longest) { get(name, into: $0) }
        guard value.result >= 0 else {
            return .failure(SystemError(operation: "lgetxattr", number: Int32(-value.result)))
        }
        return .success(value.bytes)
    }

    private func get(_ attribute: [UInt8], into value: CBuffer) -> Int {
        switch place {
        case .descriptor(let file):
            withTerminated(attribute.span) { attribute in
                kernelCall { Kernel.fgetxattr(file, attribute, into: value) }
            }
        case .held(let path):
            withTerminated(attribute.span) { attribute in
                withTerminated(path.span) { path in
                    kernelCall { Kernel.getxattr(path, attribute, into: value, following: true) }
                }
            }
        case .leaf(let directory, let name): directory.readAttribute(attribute.span, of: name.span, into: value)
        }
    }

    /// Sets a value.
    func set(_ attribute: [UInt8], _ value: [UInt8]) -> Int {
        withTerminated(attribute.span) { attribute in
            change(
                { file in Kernel.fsetxattr(file, attribute, value) },
                { path, following in Kernel.setxattr(path, attribute, value, following: following) }
            )
        }
    }

    /// Removes an attribute; one that does not exist is not an error.
    func remove(_ attribute: [UInt8]) -> Int {
        let result = withTerminated(attribute.span) { attribute in
            change(
                { file in Kernel.fremovexattr(file, attribute) },
                { path, following in Kernel.removexattr(path, attribute, following: following) }
            )
        }
        return result == -Int(ENODATA) || result == -Int(EOPNOTSUPP) ? 0 : result
    }

    /// Makes a change by a descriptor or a path: setxattrat(2) fails with EPERM for reasons of its own, so that a filter
    /// of system calls could not be told from them.
    private func change(_ ofFile: (Int32) -> Int32, _ ofPath: (CPath, _ following: Bool) -> Int32) -> Int {
        switch place {
        case .descriptor(let file): kernelCall { ofFile(file) }
        case .held(let path): withTerminated(path.span) { path in kernelCall { ofPath(path, true) } }
        case .leaf(let directory, let name):
            withTerminated(directory.heldPath(of: name.span).span) { path in kernelCall { ofPath(path, false) } }
        }
    }
}
