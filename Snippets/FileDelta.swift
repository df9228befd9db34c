// Sign, diff and patch files of any size in bounded memory: one window of data, and the signature.
import Checksums
import DeltaTransfer
import Foundation

// snippet.sign
/// Signs a file, read in pieces.
func sign(_ basis: FileHandle) throws -> Signature {
    let recipe = ChecksumRecipe(.xxh128)
    let size = Int64(try basis.seekToEnd())
    try basis.seek(toOffset: 0)
    let geometry = try BlockGeometry(basisSize: size, rule: BlockRule(digestLength: recipe.digestLength))
    var builder = SignatureBuilder(geometry: geometry, recipe: recipe)
    while let piece = try basis.read(upToCount: 1 << 18), !piece.isEmpty {
        builder.append(Array(piece).span.bytes)
    }
    return try builder.finish()
}
// snippet.end

// snippet.diff
/// A step with its literal bytes in memory, for a file or a connection.
enum Step {
    case literal(ArraySlice<UInt8>)
    case copy(block: Int, count: Int)
}

/// Hands out the steps from a signed basis to a new file, in order.
func diff(_ signature: Signature, _ new: FileHandle, _ emit: (Step) throws -> Void) throws {
    var matcher = BlockMatcher(signature)
    var window: [UInt8] = []
    var isLast = false
    while !isLast {
        let piece = try new.read(upToCount: 1 << 18) ?? Data()
        isLast = piece.isEmpty
        window += piece
        let consumed = try matcher.match(window.span.bytes, isLast: isLast) { token in
            switch token {
            case .literal(let range): try emit(.literal(window[range]))
            case .copy(let block, let count): try emit(.copy(block: block, count: count))
            }
        }
        window.removeFirst(consumed)  // what is left is shorter than a block
    }
}
// snippet.end

// snippet.patch
/// Appends what one step stands for to the new file; the geometry is that of the signature.
func apply(_ step: Step, of basis: FileHandle, cutBy geometry: BlockGeometry, to new: FileHandle) throws {
    switch step {
    case .literal(let bytes): try new.write(contentsOf: bytes)
    case .copy(let block, let count):
        var rest = try geometry.range(ofBlock: block, count: count)  // throws if a peer named blocks that are not there
        while !rest.isEmpty {
            try basis.seek(toOffset: UInt64(rest.lowerBound))
            guard let piece = try basis.read(upToCount: min(1 << 18, rest.count)), !piece.isEmpty else {
                throw DeltaError.basisTooShort(promised: geometry.basisSize, found: rest.lowerBound)
            }
            try new.write(contentsOf: piece)
            rest = (rest.lowerBound + Int64(piece.count))..<rest.upperBound
        }
    }
}
// snippet.end

// A file of 2 MiB, and the same with 1000 bytes in front and others in the middle.
let directory = FileManager.default.temporaryDirectory.appendingPathComponent("FileDelta-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
defer { try? FileManager.default.removeItem(at: directory) }
var random = SystemRandomNumberGenerator()
let words = (0..<(1 << 18)).map { _ in random.next() }
let oldBytes = words.withUnsafeBytes { Data($0) }
var newBytes = Data(repeating: 7, count: 1000) + oldBytes
for index in (1 << 20)..<(1 << 20) + 5000 { newBytes[index] ^= 0xff }
let paths = ["old", "new", "rebuilt"].map { directory.appendingPathComponent($0) }
for (path, bytes) in zip(paths, [oldBytes, newBytes, Data()]) { try bytes.write(to: path) }

let basis = try FileHandle(forReadingFrom: paths[0])
let signature = try sign(basis)
let rebuilt = try FileHandle(forWritingTo: paths[2])
var literalBytes = 0
try diff(signature, FileHandle(forReadingFrom: paths[1])) { step in
    if case .literal(let bytes) = step { literalBytes += bytes.count }
    try apply(step, of: basis, cutBy: signature.geometry, to: rebuilt)
}
try rebuilt.close()

guard try Data(contentsOf: paths[2]) == newBytes else { fatalError("the patched file differs from the new one") }
guard literalBytes < 20_000 else { fatalError("\(literalBytes) literal bytes: too much was not found in the old file") }
print("\(newBytes.count) bytes rebuilt from \(literalBytes) literal bytes")
