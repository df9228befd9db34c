package import Checksums

/// Writes a manifest step by step into memory, from which it is taken in pieces.
///
/// Used by one thread.
package struct ManifestWriter: ~Copyable {
    private static let pieceSize = 64 << 10

    private var buffer: [UInt8]
    private var sum = StreamingSHA256()

    /// Begins a manifest.
    ///
    /// - Parameter function: Of its digests.
    package init(_ function: TreeHashFunction) { buffer = Array(ManifestFormat.header(function).utf8) }

    /// Adds a step.
    package mutating func add(_ item: ManifestItem) {
        switch item {
        case .entry(let record, let notes): add(.entry, record, notes)
        case .enter(let record, let notes): add(.enter, record, notes)
        case .leave(let digest, let isChanging):
            buffer.append(ManifestFormat.Mark.leave.rawValue)
            buffer.append(isChanging ? 1 : 0)
            digest.append(to: &buffer)
        }
    }

    private mutating func add(_ mark: ManifestFormat.Mark, _ record: [UInt8], _ notes: EntryNotes) {
        buffer.append(mark.rawValue)
        buffer.append(integer: UInt32(truncatingIfNeeded: record.count))
        buffer += record
        buffer.append(notes.flags)
        buffer.append(integer: notes.holes)
    }

    /// Takes what was written, when it is worth a system call.
    ///
    /// - Returns: The next bytes of the manifest; nil as long as there are few.
    package mutating func takePiece() -> [UInt8]? {
        guard buffer.count >= Self.pieceSize else { return nil }
        let piece = buffer
        sum.update(piece.span)
        buffer = []
        buffer.reserveCapacity(Self.pieceSize + 4096)
        return piece
    }

    /// Ends the manifest.
    ///
    /// - Parameter totals: Of the stream that was written, at its end.
    /// - Returns: The last bytes.
    package mutating func finish(_ totals: ManifestTotals) -> [UInt8] {
        guard let root = totals.root else { preconditionFailure("a manifest ends with its root") }
        var last = buffer
        last.append(ManifestFormat.Mark.end.rawValue)
        last.append(integer: totals.entries)
        last.append(integer: totals.bytes)
        last.append(integer: totals.changing)
        last.append(integer: totals.unreadable)
        root.append(to: &last)
        sum.update(last.span)
        sum.finish().append(to: &last)
        return last
    }
}
