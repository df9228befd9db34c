import Checksums
import RsyncWire
import VolumeAccess

/// Reads whole files for their checksum (`-c`), with one buffer for all of them.
///
/// Invariant: `buffer` has `length` bytes from `init` to `deinit`, and one thread uses the reader.
@safe final class WholeFileReader {
    private static let length = 256 * 1024
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WholeFileReader.length, alignment: 64)

    deinit { unsafe buffer.deallocate() }

    /// The digest of a regular file; all zeros when it cannot be read (protocol specification, transfer 9.4).
    ///
    /// `modified` is the time that a file of the source was listed with; `betweenPieces` is called after every 256 KiB.
    func digest(
        of name: Span<UInt8>,
        listedAs modified: Timestamp? = nil,
        in directory: VolumeDirectory,
        _ recipe: ChecksumRecipe,
        betweenPieces: () -> Void = {}
    ) -> [UInt8] {
        var sum = StreamingChecksum(recipe)
        do throws(VolumeError) {
            let file =
                if let modified { try directory.openForReading(name, listedAs: modified) } else {
                    try directory.openForReading(name)
                }
            var offset: Int64 = 0
            while true {
                let count = unsafe try file.read(into: buffer, at: offset)
                guard count > 0 else { break }
                unsafe sum.update(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
                offset += Int64(count)
                betweenPieces()
            }
            return sum.finish().bytes
        } catch {
            return [UInt8](repeating: 0, count: recipe.digestLength)
        }
    }
}
