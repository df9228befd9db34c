import Glibc
import LinuxSystem

/// Writes several buffers one after the other, completely, in as few calls as possible.
///
/// - Parameters:
///   - pieces: The buffers; their memory must not change during the call.
///   - descriptor: The file's descriptor.
///   - offset: The file offset of the first one.
///   - written: Incremented by the number of bytes written, even on failure.
/// - Returns: 0, or a negative `errno`.
func writeFully(
    gathering pieces: [MemorySlice],
    to descriptor: Int32,
    at offset: Int64,
    written: inout Int64
) -> Int {
    var place = offset
    var first = 0
    // How much of the first piece is already written.
    var skipped = 0
    while first < pieces.count {
        let count = writeOnce(gathering: pieces[first...], skipping: skipped, to: descriptor, at: place)
        guard count >= 0 else { return count }
        place += Int64(count)
        written += Int64(count)
        skipped += count
        let start = first
        while first < pieces.count && skipped >= pieces[first].count {
            skipped -= pieces[first].count
            first += 1
        }
        guard count > 0 || first > start else { return -Int(EIO) }
    }
    return 0
}
