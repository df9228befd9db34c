import CLinux
import Glibc
import Synchronization

/// Memory for secrets: pages of their own, which no dump of the process holds, and which never go to swap space as far as
/// the limit of locked memory (`RLIMIT_MEMLOCK`) allows.
///
/// A page is given out in units of 64 bytes; what is longer than a page gets a mapping of its own.
///
/// ## Invariant
/// A page lives for good once it is made. A bit of `taken` is set exactly while its unit is lent; two allocations never
/// share a unit.
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

        /// Takes neighbouring units.
        ///
        /// - Returns: The first; nil when there are not so many free ones in a row.
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
    /// - Returns: The start of it; ``deallocate(_:byteCount:)`` takes it back.
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

    /// Takes memory back, which has been wiped.
    ///
    /// - Parameters:
    ///   - start: What ``allocate(byteCount:)`` gave.
    ///   - byteCount: As it was asked for.
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

    /// Makes whole pages, locked if the limit allows.
    private static func map(byteCount: Int) -> UnsafeMutableRawPointer {
        let size = roundedUp(byteCount)
        let start = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            fatalError("no memory for a secret of \(byteCount) bytes")
        }
        // Both are more than the program can do without: a limit of 0 is common in containers.
        _ = unsafe mlock(start, size)
        _ = unsafe madvise(start, size, MADV_DONTDUMP)
        return unsafe start
    }
}
