import Checksums
import LinuxSystem
import Synchronization
import VolumeAccess

/// A file of many segments, which several threads hash.
///
/// ## Concurrency model
/// `next` gives out segments; each result goes into `results`, from which the thread that has begun takes all.
final class LongFile: Sendable {
    /// Files with fewer bytes are hashed by one thread.
    static let leastSize = 2 * ContentHash.segmentSize

    /// The root of a segment; nil when the file ended early.
    private struct Outcome: Sendable {
        let index: Int
        let root: Result<TreeDigest?, VolumeError>
    }

    private let size: Int64
    private let count: Int
    private let next = Atomic<Int>(0)
    private let results: BoundedQueue<Outcome>

    /// A file of which nothing is hashed yet, with its length in bytes, at least 1.
    init(size: Int64) {
        self.size = size
        count = Int((size - 1) / ContentHash.segmentSize) + 1
        results = BoundedQueue(capacity: count, name: "segments of a file")
    }

    /// Hashes segments until none is left.
    ///
    /// - Parameters:
    ///   - file: The file, for this thread alone.
    ///   - hasher: This thread's.
    func work(_ file: ReadableFile, _ hasher: inout FileHasher) {
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            let start = Int64(index) * ContentHash.segmentSize
            let root: Result<TreeDigest?, VolumeError>
            do throws(VolumeError) {
                root = .success(try hasher.root(of: file, start..<min(start + ContentHash.segmentSize, size)))
            } catch {
                root = .failure(error)
            }
            _ = results.push(Outcome(index: index, root: root))
        }
    }

    /// Waits for all segments.
    ///
    /// - Returns: The root of the file; nil when it ended early.
    /// - Throws: `VolumeError` of the first segment that could not be read.
    func root(_ hasher: inout FileHasher) throws(VolumeError) -> TreeDigest? {
        var segments = [TreeDigest?](repeating: nil, count: count)
        var failure: VolumeError?
        for _ in 0..<count {
            guard let outcome = results.pop() else { break }
            switch outcome.root {
            case .success(let root): segments[outcome.index] = root
            case .failure(let error): failure = failure ?? error
            }
        }
        if let failure { throw failure }
        let known = segments.compactMap { $0 }
        return known.count == count ? hasher.root(ofSegments: known) : nil
    }
}
