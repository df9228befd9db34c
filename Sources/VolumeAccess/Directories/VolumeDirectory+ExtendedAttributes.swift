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
        // Most entries have none: then the call needs no memory.
        let length = listAttributes(of: name, into: .none)
        guard length > 0 else {
            if length == 0 || length == -Int(EOPNOTSUPP) || length == -Int(ENOENT) { return [] }
            throw failure("llistxattr", name, length)
        }
        let list = collect(upTo: AttributeStore.longest) { listAttributes(of: name, into: $0) }
        guard list.result >= 0 else { throw failure("llistxattr", name, list.result) }
        return AttributeStore.names(in: list.bytes)
    }

    /// The names of the directory's own extended attributes, for a root, which has no parent here.
    ///
    /// - Returns: See ``extendedAttributeNames(of:)``.
    /// - Throws: ``VolumeError`` of flistxattr(2).
    package func extendedAttributeNames() throws(VolumeError) -> [[UInt8]] {
        let list = collect(upTo: AttributeStore.longest) { list in
            kernelCall { Kernel.flistxattr(descriptor.rawValue, into: list) }
        }
        if list.result == -Int(EOPNOTSUPP) { return [] }
        guard list.result >= 0 else {
            throw .system(operation: "flistxattr", path: relativePath, number: Int32(-list.result))
        }
        return AttributeStore.names(in: list.bytes)
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
        let length = readAttribute(attribute, of: name, into: .none)
        guard length != -Int(ENODATA), length != -Int(ENOENT) else { return 0 }
        guard length >= 0 else { throw failure("lgetxattr", name, length) }
        return length
    }

    /// Lists the attributes of a leaf in the kernel's format.
    ///
    /// - Returns: The length in bytes of all names with their NULs, or a negative `errno`.
    func listAttributes(of name: Span<UInt8>, into list: CBuffer) -> Int {
        if features.attributesAt.isSupported {
            let directory = descriptor.rawValue
            let result = withTerminated(name) { name in
                kernelCall { Kernel.listxattrat(directory, name, into: list) }
            }
            guard result == -Int(ENOSYS) || result == -Int(EPERM) else { return result }
            features.attributesAt.refuse()
        }
        let path = heldPath(of: name)
        return withTerminated(path.span) { path in kernelCall { Kernel.llistxattr(path, into: list) } }
    }

    /// Reads the value of a leaf's attribute.
    ///
    /// - Returns: Its length in bytes, or a negative `errno`.
    func readAttribute(_ attribute: Span<UInt8>, of name: Span<UInt8>, into value: CBuffer) -> Int {
        if features.attributesAt.isSupported {
            let directory = descriptor.rawValue
            let result = withTerminated(name) { name in
                withTerminated(attribute) { attribute in
                    kernelCall { Kernel.getxattrat(directory, name, attribute, into: value) }
                }
            }
            guard result == -Int(ENOSYS) || result == -Int(EPERM) else { return result }
            features.attributesAt.refuse()
        }
        let path = heldPath(of: name)
        return withTerminated(path.span) { path in
            withTerminated(attribute) { attribute in
                kernelCall { Kernel.getxattr(path, attribute, into: value, following: false) }
            }
        }
    }

    /// A path for system calls that take no directory descriptor: it leads through the open one.
    func heldPath(of name: Span<UInt8>) -> [UInt8] {
        var path: [UInt8] = []
        path.reserveCapacity(32 + name.count)
        path.append(contentsOf: "/proc/self/fd/".utf8)
        path.append(contentsOf: String(descriptor.rawValue).utf8)
        path.append(UInt8(ascii: "/"))
        path.append(copying: name)
        return path
    }
}
