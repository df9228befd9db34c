import Checksums
import LinuxSystem
import RsyncWire
import VolumeAccess

/// Checksums whole files (`-c`), with one buffer for all of them.
///
/// One thread uses the reader.
final class WholeFileReader {
    private static let length = 256 * 1024
    private let buffer = ByteMemory(count: WholeFileReader.length)

    /// The digest of a regular file; all zeros when it cannot be read (protocol specification, transfer 9.4).
    ///
    /// `modified` is the listed time of a source file; `betweenPieces` is called after every 256 KiB.
    func digest(
        of name: Span<UInt8>,
        listedAs modified: Timestamp? = nil,
        in directory: VolumeDirectory,
        _ recipe: ChecksumRecipe,
        betweenPieces: () -> Void = {}
    ) -> [UInt8] {
        digest(
            of: { () throws(VolumeError) in
                guard let modified else { return try directory.openForReading(name) }
                return try directory.openForReading(name, listedAs: modified)
            },
            recipe,
            betweenPieces: betweenPieces
        )
    }

    /// The digest of the regular file that is opened; all zeros when it cannot be read.
    func digest(
        of open: () throws(VolumeError) -> ReadableFile,
        _ recipe: ChecksumRecipe,
        betweenPieces: () -> Void = {}
    ) -> [UInt8] {
        var sum = StreamingChecksum(recipe)
        do throws(VolumeError) {
            let file = try open()
            var offset: Int64 = 0
            while true {
                let count = try file.read(into: buffer.all, at: offset)
                guard count > 0 else { break }
                sum.update(buffer[0..<count].bytes)
                offset += Int64(count)
                betweenPieces()
            }
            return sum.finish().bytes
        } catch {
            return [UInt8](repeating: 0, count: recipe.digestLength)
        }
    }
}
