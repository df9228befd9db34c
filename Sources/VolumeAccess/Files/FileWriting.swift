import Glibc
import LinuxSystem

/// Writes all of several stretches of bytes, one behind the other, in as few calls as it takes.
///
/// - Parameters:
///   - pieces: The stretches; their memory stays as it is during the call.
///   - descriptor: The file.
///   - offset: Where the first one goes.
///   - written: Is raised by the bytes that got there, all of them or not.
/// - Returns: 0, or a negative `errno`.
func writeFully(
    gathering pieces: [MemorySlice],
    to descriptor: Int32,
    at offset: Int64,
    written: inout Int64
) -> Int {
    var place = offset
    var first = 0
    // How much of the first piece is there already.
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
