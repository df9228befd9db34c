import Checksums
import DeltaTransfer
import Glibc

/// The delta library as a program over files, for `scripts/bench` to compare with rdiff(1); the formats are ours alone.
enum DeltaFiles {
    private static let window = 1 << 20
    private static let recipe = ChecksumRecipe(.xxh128)

    /// Obeys `signature BASIS SIGNATURE`, `delta SIGNATURE NEW DELTA` or `patch BASIS DELTA NEW`.
    ///
    /// - Returns: Whether the words made sense.
    static func run(_ words: [String]) throws -> Bool {
        switch words.first {
        case "signature" where words.count == 3: try sign(words[1], to: words[2])
        case "delta" where words.count == 4: try diff(words[1], words[2], to: words[3])
        case "patch" where words.count == 4: try patch(words[1], words[2], to: words[3])
        default: return false
        }
        return true
    }

    private static func sign(_ basis: String, to output: String) throws {
        let basis = ByteFile(reading: basis)
        let rule = BlockRule(digestLength: recipe.digestLength)
        let geometry = try BlockGeometry(basisSize: basis.size, rule: rule)
        var builder = SignatureBuilder(geometry: geometry, recipe: recipe)
        var buffer = [UInt8](repeating: 0, count: window)
        while true {
            let count = basis.read(into: &buffer, from: 0)
            guard count > 0 else { break }
            builder.append(buffer.span.extracting(first: count).bytes)
        }
        let signature = try builder.finish()
        let output = ByteFile(writing: output)
        output.write(geometry)
        signature.rollingSums.withUnsafeBytes { output.write($0) }
        signature.strongSums.withUnsafeBytes { output.write($0) }
        output.close()
    }

    private static func diff(_ signature: String, _ new: String, to output: String) throws {
        let file = ByteFile(reading: signature)
        let geometry = try file.readGeometry()
        let signature = try Signature(
            geometry: geometry,
            recipe: recipe,
            rollingSums: file.readWords(geometry.count),
            strongSums: file.readBytes(geometry.count * geometry.strongLength)
        )
        let (input, output) = (ByteFile(reading: new), ByteFile(writing: output))
        output.write(geometry)
        var matcher = BlockMatcher(signature)
        var buffer = [UInt8](repeating: 0, count: window + geometry.blockLength)
        var (filled, isLast) = (0, false)
        while !isLast {
            let count = input.read(into: &buffer, from: filled)
            isLast = count == 0
            filled += count
            let consumed = matcher.match(buffer.span.extracting(first: filled).bytes, isLast: isLast) { token in
                switch token {
                case .literal(let range):
                    output.write(words: [0, UInt32(range.count)])
                    buffer[range].withUnsafeBytes { output.write($0) }
                case .copy(let block, let count): output.write(words: [UInt32(count), UInt32(block)])
                }
            }
            buffer.withUnsafeMutableBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed..<filled])
                UnsafeMutableRawBufferPointer(rebasing: bytes[..<rest.count]).copyMemory(from: rest)
            }
            filled -= consumed
        }
        output.close()
    }

    private static func patch(_ basis: String, _ delta: String, to output: String) throws {
        let (basis, delta, output) = (ByteFile(reading: basis), ByteFile(reading: delta), ByteFile(writing: output))
        let geometry = try delta.readGeometry()
        var buffer = [UInt8](repeating: 0, count: window)
        while let (count, value) = delta.readPair() {
            // A count of 0 introduces literal bytes, any other says how many blocks of the basis.
            let isLiteral = count == 0
            var range = isLiteral ? 0..<Int64(value) : try geometry.range(ofBlock: Int(value), count: Int(count))
            while !range.isEmpty {
                let limit = min(1 << 18, range.count)
                let read =
                    isLiteral
                    ? delta.read(into: &buffer, from: 0, upTo: limit)
                    : basis.read(into: &buffer, from: 0, upTo: limit, at: range.lowerBound)
                guard read > 0 else {
                    throw DeltaError.basisTooShort(promised: geometry.basisSize, found: range.lowerBound)
                }
                buffer.withUnsafeBytes { output.write(UnsafeRawBufferPointer(rebasing: $0[..<read])) }
                range = (range.lowerBound + Int64(read))..<range.upperBound
            }
        }
        output.close()
    }
}

extension ByteFile {
    func write(_ geometry: BlockGeometry) {
        write(
            words: [geometry.count, geometry.blockLength, geometry.strongLength, geometry.remainder].map(UInt32.init)
        )
    }

    func readGeometry() throws -> BlockGeometry {
        let words = readWords(4).map(Int.init)
        return try BlockGeometry(
            count: words[0],
            blockLength: words[1],
            strongLength: words[2],
            remainder: words[3],
            digestLength: 16
        )
    }
}
