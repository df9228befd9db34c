package import Checksums
import VolumeAccess

/// Reads a manifest step by step, and checks its digests on the way.
///
/// Used by one thread. Memory does not grow with the number of entries.
package final class ManifestReader: ManifestStream {
    /// Directories within directories: no file system that can be walked has more.
    private static let deepest = 100_000

    package let function: TreeHashFunction
    private var input: ManifestInput
    private var fold: ManifestFold
    /// The last name of each directory that has begun.
    private var names: [[UInt8]] = []
    private var hasEnded = false

    package var totals: ManifestTotals { fold.totals }

    /// Reads the first line.
    ///
    /// - Parameter input: Fills a buffer from its start; returns how many bytes there were, 0 at the end.
    /// - Throws: ``VerificationError``.
    package init(
        _ input: @escaping (inout MutableSpan<UInt8>) throws(VerificationError) -> Int
    ) throws(VerificationError) {
        var bytes = ManifestInput(input)
        guard let line = try bytes.line(atMost: 100) else { throw .malformed("it does not begin with dvm-manifest/") }
        function = try ManifestFormat.function(of: String(decoding: line, as: UTF8.self))
        guard function.isAvailable else { throw .malformed("\(function) is not available on this machine") }
        fold = ManifestFold(function)
        self.input = bytes
    }

    private func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(VerificationError) -> Value {
        var reader = ByteReader(try input.take(MemoryLayout<Value>.size))
        return try reader.integer(type)
    }

    package func next() throws(VerificationError) -> ManifestItem? {
        guard !hasEnded else { return nil }
        guard let mark = ManifestFormat.Mark(rawValue: try integer(UInt8.self)) else {
            throw .malformed("a step is not known")
        }
        // Exactly one root: it comes first, and the end follows it.
        let isRoot = fold.totals.entries == 0
        guard isRoot ? mark == .enter : (fold.depth == 0) == (mark == .end) else {
            throw .malformed("a step is out of place")
        }
        switch mark {
        case .entry, .enter: return try entry(mark)
        case .leave:
            let flag = try integer(UInt8.self)
            guard flag <= 1 else { throw .malformed("flags \(flag) of a directory are not known") }
            let digest = try digest()
            names.removeLast()
            guard fold.leave(isChanging: flag == 1) == digest else {
                throw .malformed("the digest of a directory is wrong")
            }
            return .leave(digest, isChanging: flag == 1)
        case .end:
            let (entries, bytes) = (try integer(UInt64.self), try integer(UInt64.self))
            // What was lost without an entry is told here alone.
            let (changing, unreadable) = (try integer(UInt64.self), try integer(UInt64.self))
            guard entries == totals.entries, bytes == totals.bytes, changing >= totals.changing,
                unreadable >= totals.unreadable, try digest() == totals.root
            else {
                throw .malformed("its end does not agree with its entries")
            }
            let sum = input.takeSum()
            guard try input.take(StreamingSHA256.length) == sum.bytes else { throw .malformed("it was damaged") }
            guard try input.isAtEnd() else { throw .malformed("it is followed by other bytes") }
            fold.complete(changing: changing, unreadable: unreadable)
            hasEnded = true
            return nil
        }
    }

    private func digest() throws(VerificationError) -> TreeDigest {
        let bytes = try input.take(function.digestLength)
        return TreeDigest(bytes.span)
    }

    /// Checks that names are those of entries, in ascending order in each directory: so that two sides can be compared by one look.
    private func check(_ name: [UInt8]) throws(VerificationError) {
        guard let last = names.last else {
            guard name.isEmpty else { throw .malformed("its top directory has a name") }
            return
        }
        guard !name.isEmpty, !name.contains(0), !name.contains(UInt8(ascii: "/")), name != Array(".".utf8),
            name != Array("..".utf8), last.lexicographicallyPrecedes(name)
        else {
            throw .malformed("the name of an entry is not valid, or out of order")
        }
        names[names.count - 1] = name
    }

    private func entry(_ mark: ManifestFormat.Mark) throws(VerificationError) -> ManifestItem {
        let length = Int(try integer(UInt32.self))
        guard length <= ManifestFormat.longestRecord else { throw .malformed("an entry is too long") }
        let record = try input.take(length)
        let notes = try EntryNotes(flags: try integer(UInt8.self), holes: try integer(Int64.self))
        let decoded = try ManifestRecord(record, function)
        try check(decoded.name)
        guard (decoded.detail == .directory) == (mark == .enter) else { throw .malformed("a step is out of place") }
        if mark == .enter {
            guard fold.depth < Self.deepest else { throw .malformed("its directories are too deep") }
            names.append([])
            fold.enter(record, notes)
            return .enter(record, notes)
        }
        var size: Int64 = 0
        if case .file(let length, _) = decoded.detail { size = length }
        fold.add(record, size: size, notes)
        return .entry(record, notes)
    }
}
