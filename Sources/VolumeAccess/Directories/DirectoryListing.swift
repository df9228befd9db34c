import CLinux
import Glibc
import LinuxSystem

/// The entries of a directory in kernel order, stored in columns: no object per entry.
package struct DirectoryListing: Sendable {
    /// All names, each terminated by a NUL.
    private var arena: [UInt8] = []
    /// The start of each name in `arena`; one element more than there are entries.
    private var starts: [UInt32] = [0]
    /// The type of each entry; ``FileKind/unknown`` if the file system does not report it.
    package private(set) var kinds: [FileKind] = []
    /// The inode number of each entry.
    package private(set) var inodes: [UInt64] = []
    /// The status of each entry, if requested; nil for an entry that is in `failures`.
    package private(set) var statuses: [FileStatus?] = []
    /// The errors of statx(2) for entries that have no status: mostly that they vanished.
    package private(set) var failures: [(index: Int, error: VolumeError)] = []

    /// The number of entries, without `.` and `..`.
    package var count: Int { kinds.count }

    /// The name of an entry.
    ///
    /// - Parameter index: From 0 to below `count`.
    /// - Returns: Its bytes, not copied.
    @_lifetime(borrow self)
    package func name(_ index: Int) -> Span<UInt8> {
        arena.span.extracting(Int(starts[index])..<Int(starts[index + 1]) - 1)
    }

    /// A copy of the name of an entry.
    ///
    /// - Parameter index: From 0 to below `count`.
    /// - Returns: Its bytes.
    package func nameBytes(_ index: Int) -> [UInt8] { Array(arena[Int(starts[index])..<Int(starts[index + 1]) - 1]) }

    /// The indexes of the entries in ascending byte order of their names.
    package func sortedIndices() -> [Int] {
        (0..<count).sorted { left, right in
            let left = name(left)
            let right = name(right)
            for index in 0..<min(left.count, right.count) where left[index] != right[index] {
                return left[index] < right[index]
            }
            return left.count < right.count
        }
    }

    fileprivate mutating func append(_ name: Span<UInt8>, _ kind: FileKind, _ inode: UInt64) {
        arena.append(copying: name)
        arena.append(0)
        starts.append(UInt32(arena.count))
        kinds.append(kind)
        inodes.append(inode)
    }

    /// Fills the column of statuses, and corrects the types accordingly.
    fileprivate mutating func readStatuses(in directory: VolumeDirectory) {
        statuses.reserveCapacity(count)
        let descriptor = directory.descriptor.rawValue
        for index in 0..<count {
            var status: FileStatus?
            // The NUL after each name in the arena makes it a C string in place.
            let number = withTerminated(arena, Int(starts[index])..<Int(starts[index + 1]) - 1) { name in
                FileStatus.read(descriptor, name, into: &status)
            }
            do throws(VolumeError) {
                guard let read = status else { throw directory.failure("statx", name(index), number) }
                status = try directory.features.shown(
                    read,
                    AttributeStore(directory, name(index)),
                    directory.path(of: name(index))
                )
            } catch {
                status = nil
                failures.append((index, error))
            }
            statuses.append(status)
            if let status { kinds[index] = status.kind }
        }
    }
}

extension VolumeDirectory {
    /// Lists the directory.
    ///
    /// - Parameter withStatus: Whether to request the status of each entry too.
    /// - Returns: The entries, without `.` and `..`.
    /// - Throws: ``VolumeError`` of getdents64(2). An entry whose status cannot be read does not make the listing fail:
    ///   see ``DirectoryListing/failures``.
    package func list(withStatus: Bool = false) throws(VolumeError) -> DirectoryListing {
        // A separate descriptor: the position is shared by all users of an open file description.
        let opened = kernelCall {
            Kernel.openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard opened >= 0 else { throw .system(operation: "open", path: relativePath, number: Int32(-opened)) }
        let reader = Descriptor(owning: Int32(opened))
        var listing = DirectoryListing()
        let result = forEachRecord(reader.rawValue, bufferLength: 64 * 1024) { name, _, kind, inode in
            listing.append(name, kind, inode)
        }
        guard result == 0 else { throw .system(operation: "getdents64", path: relativePath, number: Int32(-result)) }
        if withStatus { listing.readStatuses(in: self) }
        return listing
    }
}
