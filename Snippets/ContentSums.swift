// Checksums of content: strong ones at once and in pieces, and the rolling one.
import Checksums

let content = [UInt8](repeating: 42, count: 10_000)

// snippet.strong
// Of bytes in memory.
let digest = ChecksumRecipe(.xxh128).digest(of: content.span.bytes)

// Of bytes that come in pieces; one checksum serves many contents, one after another, without allocating.
var checksum = StreamingChecksum(ChecksumRecipe(.xxh128))
for start in stride(from: 0, to: content.count, by: 4096) {
    let piece = content[start..<min(start + 4096, content.count)]
    checksum.update(piece.span.bytes)
}
let same = checksum.finish()
// snippet.end

// snippet.rolling
// A window of 512 bytes that slides over the content in constant time per byte.
let bytes = content.span
var window = RollingChecksum(bytes.extracting(0..<512).bytes)
for position in 512..<content.count {
    window.roll(removing: bytes[position - 512], adding: bytes[position])
}
// snippet.end

guard same == digest else { fatalError("the pieces have another digest than the whole") }
let last = RollingChecksum.sum(of: bytes.extracting((content.count - 512)..<content.count).bytes)
guard window.value == last else { fatalError("the window slid to another sum than its content has") }
print("xxh128 \(digest)")
