import CLinux
import Glibc
import LinuxSystem

/// The extended attributes of one entry, by the system calls that suit it.
///
/// Each call returns its result, or a negative `errno`.
struct AttributeStore {
    /// The longest value and the longest list of names that the kernel has (XATTR_SIZE_MAX, XATTR_LIST_MAX).
    static let longest = 65_536
    /// Most lists fit in this many bytes, so that one call suffices.
    private static let usual = 1024

    private enum Place {
        /// An open file.
        case descriptor(Int32)
        /// A path through an open directory; `following` only for that directory itself.
        case path([UInt8], following: Bool)
    }

    private let place: Place

    private init(place: Place) { self.place = place }

    /// Those of an open file.
    init(_ descriptor: Int32) { place = .descriptor(descriptor) }

    /// Those of what an `O_PATH` descriptor holds.
    init(held descriptor: Int32) { place = .path(Array("/proc/self/fd/\(descriptor)".utf8), following: true) }

    /// Those of a leaf, of a symbolic link itself; or of the directory for nil.
    init(_ directory: VolumeDirectory, _ leaf: Span<UInt8>?) {
        guard let leaf else {
            self.init(held: directory.descriptor.rawValue)
            return
        }
        self.init(place: .path(directory.heldPath(of: leaf), following: false))
    }

    /// The names.
    func names() -> Result<[[UInt8]], SystemError> {
        var list = [UInt8](repeating: 0, count: Self.usual)
        var length = self.list(into: &list)
        if length == -Int(ERANGE) {
            list = [UInt8](repeating: 0, count: Self.longest)
            length = self.list(into: &list)
        }
        if length == -Int(EOPNOTSUPP) { return .success([]) }
        guard length >= 0 else { return .failure(SystemError(operation: "llistxattr", number: Int32(-length))) }
        return .success(list[..<length].split(separator: 0).map { Array($0) })
    }

    private func list(into list: inout [UInt8]) -> Int {
        switch place {
        case .descriptor(let file): return kernelCall { Kernel.flistxattr(file, into: &list) }
        case .path(let path, let following):
            return withTerminated(path.span) { path in
                kernelCall {
                    following ? Kernel.listxattr(path, into: &list) : Kernel.llistxattr(path, into: &list)
                }
            }
        }
    }

    /// A value; ENODATA when there is no such attribute.
    func value(of name: [UInt8]) -> Result<[UInt8], SystemError> {
        var value = [UInt8](repeating: 0, count: 256)
        var length = get(name, into: &value)
        if length == -Int(ERANGE) {
            value = [UInt8](repeating: 0, count: Self.longest)
            length = get(name, into: &value)
        }
        guard length >= 0 else { return .failure(SystemError(operation: "lgetxattr", number: Int32(-length))) }
        // Lists keep values: a buffer's unused capacity would stay with each of them.
        return .success(Array(value[..<length]))
    }

    private func get(_ name: [UInt8], into value: inout [UInt8]) -> Int {
        withTerminated(name.span) { name in
            switch place {
            case .descriptor(let file): return kernelCall { Kernel.fgetxattr(file, name, into: &value) }
            case .path(let path, let following):
                return withTerminated(path.span) { path in
                    kernelCall { Kernel.getxattr(path, name, into: &value, following: following) }
                }
            }
        }
    }

    /// Sets a value.
    func set(_ name: [UInt8], _ value: [UInt8]) -> Int {
        withTerminated(name.span) { name in
            switch place {
            case .descriptor(let file): return kernelCall { Kernel.fsetxattr(file, name, value) }
            case .path(let path, let following):
                return withTerminated(path.span) { path in
                    kernelCall { Kernel.setxattr(path, name, value, following: following) }
                }
            }
        }
    }

    /// Removes an attribute; one that does not exist is not an error.
    func remove(_ name: [UInt8]) -> Int {
        let result = withTerminated(name.span) { name in
            switch place {
            case .descriptor(let file): return kernelCall { Kernel.fremovexattr(file, name) }
            case .path(let path, let following):
                return withTerminated(path.span) { path in
                    kernelCall { Kernel.removexattr(path, name, following: following) }
                }
            }
        }
        return result == -Int(ENODATA) || result == -Int(EOPNOTSUPP) ? 0 : result
    }
}
