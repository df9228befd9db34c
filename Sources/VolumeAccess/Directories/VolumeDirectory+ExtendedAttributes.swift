import CLinux
import Glibc
import LinuxSystem

extension VolumeDirectory {
    /// The names of an entry's extended attributes, including ACLs; a symbolic link is not followed.
    ///
    /// An entry without any costs one system call and no memory.
    ///
    /// - Parameter name: The entry's name.
    /// - Returns: The names, such as `user.note`; none if the file system does not support them, or the entry is gone.
    /// - Throws: ``VolumeError`` of listxattrat(2) or llistxattr(2).
    package func extendedAttributeNames(of name: Span<UInt8>) throws(VolumeError) -> [[UInt8]] {
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        var names: [UInt8] = []
        var length = listAttributes(of: name, into: &names)
        guard length > 0 else {
            if length == 0 || length == -Int(EOPNOTSUPP) || length == -Int(ENOENT) { return [] }
            throw failure("llistxattr", name, length)
        }
        names = [UInt8](repeating: 0, count: 65_536)  // XATTR_LIST_MAX: their number may have grown
        length = listAttributes(of: name, into: &names)
        guard length >= 0 else { throw failure("llistxattr", name, length) }
        return Self.split(names[..<length])
    }

    /// The names of the directory's own extended attributes, for a root, which has no parent here.
    ///
    /// - Returns: See ``extendedAttributeNames(of:)``.
    /// - Throws: ``VolumeError`` of flistxattr(2).
    package func extendedAttributeNames() throws(VolumeError) -> [[UInt8]] {
        var names = [UInt8](repeating: 0, count: 65_536)  // XATTR_LIST_MAX
        let length = kernelCall { Kernel.flistxattr(descriptor.rawValue, into: &names) }
        if length == -Int(EOPNOTSUPP) { return [] }
        guard length >= 0 else {
            throw .system(operation: "flistxattr", path: relativePath, number: Int32(-length))
        }
        return Self.split(names[..<length])
    }

    private static func split(_ names: ArraySlice<UInt8>) -> [[UInt8]] {
        names.split(separator: 0).map { Array($0) }
    }

    /// The length of an extended attribute's value in bytes; 0 if it is gone.
    ///
    /// - Parameters:
    ///   - attribute: The attribute's name.
    ///   - name: The entry's name.
    /// - Returns: The length.
    /// - Throws: ``VolumeError`` of lgetxattr(2).
    package func extendedAttributeLength(
        _ attribute: Span<UInt8>,
        of name: Span<UInt8>
    ) throws(VolumeError) -> Int {
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        let path = heldPath(of: name)
        let length = withTerminated(path.span) { path in
            withTerminated(attribute) { attribute in
                kernelCall { Kernel.lgetxattr(lengthOf: attribute, path) }
            }
        }
        guard length != -Int(ENODATA), length != -Int(ENOENT) else { return 0 }
        guard length >= 0 else { throw failure("lgetxattr", name, length) }
        return length
    }

    /// Lists attributes in the kernel's format.
    ///
    /// - Returns: The length in bytes of all names with their NULs, or a negative `errno`.
    private func listAttributes(of name: Span<UInt8>, into list: inout [UInt8]) -> Int {
        if features.listxattrat.isSupported {
            let directory = descriptor.rawValue
            let result = withTerminated(name) { name in
                kernelCall { Kernel.listxattrat(directory, name, into: &list) }
            }
            guard result == -Int(ENOSYS) || result == -Int(EPERM) else { return result }
            features.listxattrat.refuse()
        }
        let path = heldPath(of: name)
        return withTerminated(path.span) { path in kernelCall { Kernel.llistxattr(path, into: &list) } }
    }

    /// A path for system calls that take no directory descriptor: it leads through the open one.
    func heldPath(of name: Span<UInt8>) -> [UInt8] {
        Array("/proc/self/fd/\(descriptor.rawValue)/".utf8) + bytes(of: name)
    }
}
