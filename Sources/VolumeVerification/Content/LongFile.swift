import Checksums
import LinuxSystem
import Synchronization
import VolumeAccess

/// A stripe of a long file, of which several threads hash segments.
///
/// ## Concurrency model
/// `next` gives out segments; each result goes into `results`, from which the thread that has begun takes all.
final class LongFile: Sendable {
    /// Files with fewer bytes are hashed by one thread.
    static let leastSize = 2 * ContentHash.segmentSize
    /// The most bytes that are shared at a time, which bounds what is kept of a file of any length.
    static let stripeSize = 1024 * ContentHash.segmentSize

    /// The root of a segment; nil when the file ended early.
    private struct Outcome: Sendable {
        let index: Int
        let root: Result<TreeDigest?, VolumeError>
    }

    private let range: Range<Int64>
    private let count: Int
    private let next = Atomic<Int>(0)
    private let results: BoundedQueue<Outcome>

    /// A stripe of which nothing is hashed yet, from a multiple of a segment's length.
    init(_ range: Range<Int64>) {
        self.range = range
        count = Int((range.upperBound - range.lowerBound - 1) / ContentHash.segmentSize) + 1
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
            let start = range.lowerBound + Int64(index) * ContentHash.segmentSize
            let end = min(start.addingClamped(ContentHash.segmentSize), range.upperBound)
            let root: Result<TreeDigest?, VolumeError>
            do throws(VolumeError) {
                root = .success(try hasher.root(of: file, start..<end))
            } catch {
                root = .failure(error)
            }
            _ = results.push(Outcome(index: index, root: root))
        }
    }

    /// Waits for all segments.
    ///
    /// - Returns: Their roots in order; nil when the file ended early.
    /// - Throws: `VolumeError` of a segment that could not be read.
    func roots() throws(VolumeError) -> [TreeDigest]? {
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
        return known.count == count ? known : nil
    }
}
