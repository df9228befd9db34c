import CLinux
import Glibc
package import LinuxSystem

/// A small file that the user names, open for reading: a configuration, patterns, a password, a key.
package struct SmallFile: ~Copyable {
    /// What may be behind a name.
    package enum Kind: Sendable {
        /// Anything that can be read, a pipe included, for which opening waits.
        case any
        /// Meant to be a regular file (``isRegular`` says whether it is); opening never waits.
        case regular
    }

    /// The longest file that is read where nothing else is said, in bytes.
    package static let usualLimit = 16 << 20

    /// Whether it is a regular file.
    package let isRegular: Bool
    /// Its length in bytes when it was opened.
    package let length: Int
    /// Its permissions, such as 0o600.
    package let permissions: UInt32
    /// The number of its owner.
    package let owner: UInt32
    private let descriptor: Descriptor

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed, as mounted Kubernetes secrets need.
    ///   - rule: Judges these links; nil follows all of them.
    ///   - kind: What may be there.
    ///   - dashIsStandardInput: Whether `-` stands for standard input.
    /// - Throws: `SystemError` of open(2) or fstat(2); what is not regular is left to the caller (``isRegular``).
    package init(
        _ path: [UInt8],
        by rule: PathRule? = nil,
        kind: Kind = .any,
        dashIsStandardInput: Bool = false
    ) throws(SystemError) {
        guard !path.contains(0) else { throw SystemError(operation: "open", number: ENOENT) }
        let flags = O_RDONLY | O_CLOEXEC | (kind == .regular ? O_NONBLOCK : 0)
        let file: Descriptor
        if dashIsStandardInput, path == [UInt8(ascii: "-")] {
            file = Descriptor(owning: try systemCall("dup") { dup(0) })
        } else if let rule {
            file = try PathWalk.open(path, flags, by: rule)
        } else {
            file = Descriptor(owning: try systemCall("open") { openFile(path, flags) })
        }
        let status = try DescriptorStatus(of: file.rawValue)
        isRegular = status.type == S_IFREG
        length = status.size
        permissions = status.permissions
        owner = status.owner
        descriptor = file
    }

    /// Reads to the end.
    ///
    /// - Parameter limit: The most bytes there may be.
    /// - Returns: The contents.
    /// - Throws: `SystemError` of read(2); EFBIG above the limit.
    package func contents(limit: Int = usualLimit) throws(SystemError) -> [UInt8] {
        let number = descriptor.rawValue
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            var span = buffer.mutableSpan
            let count = try systemCall("read") { readBytes(number, into: &span) }
            if count == 0 { return contents }
            contents += buffer[..<count]
            guard contents.count <= limit else { throw SystemError(operation: "read", number: EFBIG) }
        }
    }

    /// Reads at most as many bytes as there is memory for, to leave no copy of a secret elsewhere.
    ///
    /// - Parameter storage: The caller's memory.
    /// - Returns: How many bytes were read; fewer than there is memory for at the end of the file.
    /// - Throws: `SystemError` of read(2).
    package func fill(_ storage: inout MutableSpan<UInt8>) throws(SystemError) -> Int {
        let number = descriptor.rawValue
        var filled = 0
        while filled < storage.count {
            let piece = try systemCall("read") { readBytes(number, into: &storage, from: filled) }
            guard piece > 0 else { break }
            filled += piece
        }
        return filled
    }
}
