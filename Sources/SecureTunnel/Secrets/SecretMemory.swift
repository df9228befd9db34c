import CLinux
import Glibc
import Synchronization

/// Memory for secrets: separate pages that are excluded from dumps, and never swapped as far
/// as the limit of locked memory (`RLIMIT_MEMLOCK`) allows.
///
/// A page is allocated in units of 64 bytes; anything longer than a page gets its own mapping.
///
/// ## Invariant
/// A page is never freed. A bit of `taken` is set exactly while its unit is lent; two allocations
/// never share a unit.
///
/// ## Concurrency model
/// `pages` is guarded by its lock.
enum SecretMemory {
    private static let pageSize = 4096
    private static let unit = 64

    @safe private struct Page: @unchecked Sendable {
        let start: UnsafeMutableRawPointer
        /// A bit for each unit, the lowest for the first.
        var taken: UInt64 = 0

        /// Allocates adjacent units.
        ///
        /// - Returns: The first; nil when there are not enough adjacent free ones.
        mutating func take(_ count: Int) -> Int? {
            let row = count == 64 ? UInt64.max : (1 << UInt64(count)) - 1
            guard let first = (0...(64 - count)).first(where: { taken & row << UInt64($0) == 0 }) else { return nil }
            taken |= row << UInt64(first)
            return first
        }
    }

    private static let pages = Mutex<[Page]>([])

    /// Lends zeroed memory.
    ///
    /// - Parameter byteCount: At least 1.
    /// - Returns: Its start, for ``deallocate(_:byteCount:)``.
    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount <= pageSize else { return unsafe map(byteCount: byteCount) }
        let units = (byteCount + unit - 1) / unit
        // The lock does not own the memory; the bits say who does.
        nonisolated(unsafe) var place: UnsafeMutableRawPointer?
        pages.withLock { pages in
            for index in pages.indices {
                guard let first = pages[index].take(units) else { continue }
                return unsafe place = pages[index].start + first * unit
            }
            var page = unsafe Page(start: map(byteCount: pageSize))
            let first = page.take(units) ?? 0
            pages.append(page)
            unsafe place = page.start + first * unit
        }
        guard let place = unsafe place else { fatalError("no memory for a secret") }
        return unsafe place
    }

    /// Frees memory, which has been wiped.
    ///
    /// - Parameters:
    ///   - start: From ``allocate(byteCount:)``.
    ///   - byteCount: The allocated size.
    static func deallocate(_ start: UnsafeMutableRawPointer, byteCount: Int) {
        guard byteCount <= pageSize else {
            unsafe munmap(start, roundedUp(byteCount))
            return
        }
        let units = (byteCount + unit - 1) / unit
        let address = UInt(bitPattern: start)
        pages.withLock { pages in
            for index in pages.indices {
                let offset = unsafe Int(bitPattern: address &- UInt(bitPattern: pages[index].start))
                guard (0..<pageSize).contains(offset) else { continue }
                let row = units == 64 ? UInt64.max : (1 << UInt64(units)) - 1
                pages[index].taken &= ~(row << UInt64(offset / unit))
            }
        }
    }

    private static func roundedUp(_ byteCount: Int) -> Int { (byteCount + pageSize - 1) / pageSize * pageSize }

    /// Maps pages, locked if the limit allows.
    private static func map(byteCount: Int) -> UnsafeMutableRawPointer {
        let size = roundedUp(byteCount)
        let start = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            fatalError("no memory for a secret of \(byteCount) bytes")
        }
        // Both may fail without harm: a limit of 0 is common in containers.
        _ = unsafe mlock(start, size)
        _ = unsafe madvise(start, size, MADV_DONTDUMP)
        return unsafe start
    }
}
