package import Checksums

/// An extended attribute of an entry, or an ACL under the kernel's name for it.
package struct EntryAttribute: Equatable, Sendable {
    /// The longest value that is kept as it is; of longer ones the length and the digest are.
    package static let longestKept = 256

    /// A value.
    package enum Value: Equatable, Sendable {
        case bytes([UInt8])
        case digest(length: Int, TreeDigest)
    }

    /// The name, such as `user.note` or `system.posix_acl_access`.
    package let name: [UInt8]
    package let value: Value
}

/// What is known of an entry beside what is compared.
package struct EntryNotes: Equatable, Sendable {
    /// The file was written to during each attempt to read it.
    package var isChanging = false
    /// The content, or what a directory holds, could not be read.
    package var isUnreadable = false
    /// How many bytes of a regular file are in holes.
    package var holes: Int64 = 0
}
