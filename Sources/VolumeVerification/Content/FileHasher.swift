import Checksums
import LinuxSystem
import VolumeAccess

/// Hashes the contents of files, in one thread.
///
/// Holes are not read: a chunk without data is that of zeros.
struct FileHasher: ~Copyable {
    private var hasher: TreeHasher
    private let memory = ByteMemory(count: ContentHash.chunkSize, alignment: 4096)
    private var zeroChunk: TreeDigest?

    init(_ function: TreeHashFunction) { hasher = TreeHasher(function) }

    /// The digest of no content.
    mutating func empty() -> TreeDigest { hasher.empty() }

    /// Hashes a part of a file.
    ///
    /// - Parameters:
    ///   - file: What to read.
    ///   - range: From a multiple of ``ContentHash/segmentSize``.
    /// - Returns: The root of its chunks; nil when the file ends before the end of the range.
    /// - Throws: `VolumeError` of reading.
    mutating func root(of file: ReadableFile, _ range: Range<Int64>) throws(VolumeError) -> TreeDigest? {
        var fold = TreeFold()
        var offset = range.lowerBound
        while offset < range.upperBound {
            let end = min(offset + Int64(ContentHash.chunkSize), range.upperBound)
            let chunk = memory[0..<Int(end - offset)]
            if chunk.range.count == ContentHash.chunkSize, try file.isHole(offset..<end) {
                fold.add(zeros(), &hasher)
            } else {
                guard try file.read(into: chunk, at: offset) == chunk.range.count else { return nil }
                fold.add(hasher.leaf(of: chunk.span), &hasher)
            }
            offset = end
        }
        return fold.takeRoot(&hasher)
    }

    private mutating func zeros() -> TreeDigest {
        if let zeroChunk { return zeroChunk }
        let chunk = hasher.leaf(of: [UInt8](repeating: 0, count: ContentHash.chunkSize).span)
        zeroChunk = chunk
        return chunk
    }

    /// Adds the root of a segment to the tree of a file.
    mutating func add(_ segment: TreeDigest, to fold: inout TreeFold) { fold.add(segment, &hasher) }

    /// The root of the tree of a file.
    mutating func takeRoot(of fold: inout TreeFold) -> TreeDigest { fold.takeRoot(&hasher) }

    /// What a manifest says of the attributes of a file.
    mutating func attributes(_ held: HeldAttributes) -> [EntryAttribute] { held.entryAttributes(&hasher) }
}

extension ReadableFile {
    /// How many bytes are in holes, as the file system tells it.
    func holeBytes() throws(VolumeError) -> Int64 {
        guard status.isSparse else { return 0 }
        var (offset, data): (Int64, Int64) = (0, 0)
        while let start = try nextData(from: offset), let end = try nextHole(from: start), end > start {
            data += end - start
            offset = end
        }
        return max(0, status.size - data)
    }
}
