import CLinux
import Glibc

// System calls on names.
//
// Invariant: a ``CPath`` ends with a NUL and is readable while the function that it was passed to runs, or forever if
// it is a literal; it is never stored. Other pointers are to local variables and arrays and end with the call.

/// A NUL-terminated name or path, as C functions require.
@safe struct CPath: ExpressibleByStringLiteral {
    fileprivate let start: UnsafePointer<CChar>

    fileprivate init(_ start: UnsafePointer<CChar>) { unsafe self.start = unsafe start }

    /// A constant path.
    init(stringLiteral literal: StaticString) {
        precondition(literal.hasPointerRepresentation)
        unsafe start = UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// Passes a NUL-terminated copy of a name or path to a C function, on the stack.
///
/// The value is valid only while `body` runs.
@inline(__always)
func withTerminated(_ bytes: Span<UInt8>, _ body: (CPath) -> Int) -> Int {
    unsafe withUnsafeTemporaryAllocation(byteCount: bytes.count + 1, alignment: 1) { buffer in
        unsafe bytes.withUnsafeBytes { source in unsafe buffer.copyMemory(from: source) }
        unsafe buffer[bytes.count] = 0
        guard let start = buffer.baseAddress else { return -Int(ENOMEM) }
        return body(unsafe CPath(start.assumingMemoryBound(to: CChar.self)))
    }
}

/// Passes a name that is already followed by a NUL to a C function, without copying it.
///
/// - Parameters:
///   - bytes: NUL-terminated names.
///   - range: The name, without its NUL.
///   - body: The value is valid only while it runs.
/// - Returns: The result of `body`.
@inline(__always)
func withTerminated(_ bytes: [UInt8], _ range: Range<Int>, _ body: (CPath) -> Int) -> Int {
    precondition(bytes[range.upperBound] == 0)
    return unsafe bytes.withUnsafeBytes { buffer in
        guard let start = buffer.baseAddress else { return -Int(ENOENT) }
        return body(unsafe CPath(start.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self)))
    }
}

/// System calls under their C names, with the C functions' results.
enum Kernel {
    // MARK: Opening

    @inline(__always)
    static func openat(_ directory: Int32, _ path: CPath, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
        unsafe dvm_openat(directory, path.start, flags, mode)
    }

    /// Checks the access of the effective user, of a name itself.
    static func canRead(_ directory: Int32, _ path: CPath) -> Int32 {
        unsafe Glibc.faccessat(directory, path.start, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW)
    }

    static func openat2(_ directory: Int32, _ path: CPath, _ how: open_how) -> Int32 {
        var how = how
        return unsafe dvm_openat2(directory, path.start, &how, MemoryLayout<open_how>.size)
    }

    /// access(2): whether a path exists.
    static func exists(_ path: CPath) -> Bool { unsafe access(path.start, F_OK) == 0 }

    // MARK: Asking

    static func faccessat(_ directory: Int32, _ path: CPath, _ mode: Int32, _ flags: Int32) -> Int32 {
        unsafe Glibc.faccessat(directory, path.start, mode, flags)
    }

    @inline(__always)
    static func statx(_ directory: Int32, _ path: CPath, _ flags: Int32, _ mask: UInt32, _ status: inout statx) -> Int32
    {
        unsafe dvm_statx(directory, path.start, flags, mask, &status)
    }

    static func readlinkat(_ directory: Int32, _ path: CPath, into target: inout [UInt8]) -> Int {
        unsafe Glibc.readlinkat(directory, path.start, &target, target.count)
    }

    // MARK: Changing names

    static func mkdirat(_ directory: Int32, _ name: CPath, _ mode: mode_t) -> Int32 {
        unsafe Glibc.mkdirat(directory, name.start, mode)
    }

    static func unlinkat(_ directory: Int32, _ name: CPath, _ flags: Int32) -> Int32 {
        unsafe Glibc.unlinkat(directory, name.start, flags)
    }

    static func renameat(_ directory: Int32, _ name: CPath, _ newDirectory: Int32, _ newName: CPath) -> Int32 {
        unsafe Glibc.renameat(directory, name.start, newDirectory, newName.start)
    }

    static func symlinkat(_ target: CPath, _ directory: Int32, _ name: CPath) -> Int32 {
        unsafe Glibc.symlinkat(target.start, directory, name.start)
    }

    static func mknodat(_ directory: Int32, _ name: CPath, _ mode: mode_t, _ device: dev_t) -> Int32 {
        unsafe Glibc.mknodat(directory, name.start, mode, device)
    }

    static func linkat(_ directory: Int32, _ name: CPath, _ newDirectory: Int32, _ newName: CPath, _ flags: Int32)
        -> Int32
    {
        unsafe Glibc.linkat(directory, name.start, newDirectory, newName.start, flags)
    }

    // MARK: Changing attributes

    static func fchownat(_ directory: Int32, _ name: CPath, _ owner: UInt32, _ group: UInt32, _ flags: Int32) -> Int32 {
        unsafe Glibc.fchownat(directory, name.start, owner, group, flags)
    }

    static func fchmodat(_ directory: Int32, _ name: CPath, _ mode: mode_t, _ flags: Int32) -> Int32 {
        unsafe Glibc.fchmodat(directory, name.start, mode, flags)
    }

    static func fchmodat2(_ directory: Int32, _ name: CPath, _ mode: mode_t, _ flags: Int32) -> Int32 {
        unsafe dvm_fchmodat2(directory, name.start, mode, flags)
    }

    static func utimensat(_ directory: Int32, _ name: CPath, _ times: [2 of timespec], _ flags: Int32) -> Int32 {
        unsafe times.span.withUnsafeBufferPointer {
            unsafe Glibc.utimensat(directory, name.start, $0.baseAddress, flags)
        }
    }

    // MARK: Extended attributes

    /// llistxattr(2).
    static func llistxattr(_ path: CPath, into list: CBuffer) -> Int {
        unsafe CLinux.llistxattr(path.start, list.start?.assumingMemoryBound(to: CChar.self), list.count)
    }

    /// listxattrat(2) of the leaf, not following links.
    static func listxattrat(_ directory: Int32, _ name: CPath, into list: CBuffer) -> Int {
        let start = unsafe list.start?.assumingMemoryBound(to: CChar.self)
        return unsafe dvm_listxattrat(directory, name.start, start, list.count)
    }

    static func flistxattr(_ descriptor: Int32, into list: CBuffer) -> Int {
        unsafe CLinux.flistxattr(descriptor, list.start?.assumingMemoryBound(to: CChar.self), list.count)
    }

    static func listxattr(_ path: CPath, into list: CBuffer) -> Int {
        unsafe CLinux.listxattr(path.start, list.start?.assumingMemoryBound(to: CChar.self), list.count)
    }

    /// The length of an attribute: fgetxattr(2).
    static func fgetxattr(lengthOf attribute: CPath, _ descriptor: Int32) -> Int {
        unsafe CLinux.fgetxattr(descriptor, attribute.start, nil, 0)
    }

    /// The value of an attribute: getxattr(2), or lgetxattr(2) of a leaf.
    static func getxattr(_ path: CPath, _ attribute: CPath, into value: CBuffer, following: Bool) -> Int {
        following
            ? unsafe CLinux.getxattr(path.start, attribute.start, value.start, value.count)
            : unsafe CLinux.lgetxattr(path.start, attribute.start, value.start, value.count)
    }

    /// getxattrat(2) of the leaf, not following links.
    static func getxattrat(_ directory: Int32, _ name: CPath, _ attribute: CPath, into value: CBuffer) -> Int {
        unsafe dvm_getxattrat(directory, name.start, attribute.start, value.start, value.count)
    }

    static func fgetxattr(_ descriptor: Int32, _ attribute: CPath, into value: CBuffer) -> Int {
        unsafe CLinux.fgetxattr(descriptor, attribute.start, value.start, value.count)
    }

    static func fsetxattr(_ descriptor: Int32, _ attribute: CPath, _ value: [UInt8]) -> Int32 {
        unsafe CLinux.fsetxattr(descriptor, attribute.start, value, value.count, 0)
    }

    static func setxattr(_ path: CPath, _ attribute: CPath, _ value: [UInt8], following: Bool) -> Int32 {
        following
            ? unsafe CLinux.setxattr(path.start, attribute.start, value, value.count, 0)
            : unsafe CLinux.lsetxattr(path.start, attribute.start, value, value.count, 0)
    }

    static func removexattr(_ path: CPath, _ attribute: CPath, following: Bool) -> Int32 {
        following
            ? unsafe CLinux.removexattr(path.start, attribute.start)
            : unsafe CLinux.lremovexattr(path.start, attribute.start)
    }

    static func fremovexattr(_ descriptor: Int32, _ attribute: CPath) -> Int32 {
        unsafe CLinux.fremovexattr(descriptor, attribute.start)
    }
}

// MARK: Results of unknown length

/// Memory for what a system call returns; without any, the call returns only the length.
@safe struct CBuffer {
    fileprivate let start: UnsafeMutableRawPointer?
    fileprivate let count: Int

    /// No memory.
    static var none: CBuffer { unsafe CBuffer(start: nil, count: 0) }
}

/// Collects what a system call returns: in memory on the stack, or if that is too short (ERANGE) in as much as the
/// longest result takes.
///
/// Invariant: only the bytes that the call reports as written are read, and they lie within the memory.
///
/// - Parameters:
///   - longest: The longest result in bytes.
///   - call: Makes the call and returns its result or a negative `errno`; the buffer is valid only while it runs.
/// - Returns: The bytes, without unused capacity, and the last result of `call`.
func collect(upTo longest: Int, _ call: (CBuffer) -> Int) -> (bytes: [UInt8], result: Int) {
    func bytes(in memory: UnsafeMutableRawBufferPointer) -> (bytes: [UInt8], result: Int) {
        let result = call(unsafe CBuffer(start: memory.baseAddress, count: memory.count))
        guard result > 0 else { return ([], result) }
        precondition(result <= memory.count)
        return (unsafe [UInt8](UnsafeRawBufferPointer(rebasing: memory[..<result])), result)
    }
    // 1024 bytes, as a literal, are the most that the compiler places on the stack.
    let collected = unsafe withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { unsafe bytes(in: $0) }
    guard collected.result == -Int(ERANGE) else { return collected }
    return unsafe withUnsafeTemporaryAllocation(byteCount: longest, alignment: 1) { unsafe bytes(in: $0) }
}

// MARK: Directories

/// Reads the records of a directory from its position to its end: getdents64(2).
///
/// The kernel guarantees the records: the length covers head, name and NUL, and stays in the buffer.
///
///     offset  0  8 bytes  inode
///             8  8 bytes  position
///            16  2 bytes  record length
///            18  1 byte   kind
///            19  name, NUL, padding
///
/// - Parameters:
///   - descriptor: The directory.
///   - length: Bytes of the buffer.
///   - visit: Gets each entry except `.` and `..`; name and path are valid only during the call.
/// - Returns: 0, or a negative `errno`.
@inline(__always)
func forEachRecord(
    _ descriptor: Int32,
    bufferLength length: Int,
    _ visit: (_ name: Span<UInt8>, _ path: CPath, _ kind: FileKind, _ inode: UInt64) -> Void
) -> Int {
    unsafe withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { buffer in
        while true {
            let result = kernelCall { unsafe dvm_getdents64(descriptor, buffer.baseAddress, buffer.count) }
            guard result > 0, let start = buffer.baseAddress else { return result }
            var offset = 0
            while offset + 19 < result {
                let length = Int(unsafe start.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
                guard length > 19, offset + length <= result else { break }
                let text = unsafe start.advanced(by: offset + 19).assumingMemoryBound(to: CChar.self)
                let name = unsafe Span<UInt8>(
                    _unsafeBytes: UnsafeRawBufferPointer(start: text, count: strnlen(text, length - 19))
                )
                if isLeafName(name) {
                    let kind = FileKind(rawValue: unsafe start.load(fromByteOffset: offset + 18, as: UInt8.self))
                    let inode = unsafe start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    visit(name, unsafe CPath(text), kind ?? .unknown, inode)
                }
                offset += length
            }
        }
    }
}
