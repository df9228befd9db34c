import Checksums
import DeltaTransfer

/// Pseudo-random bytes from a fixed seed, the same in every run.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// Matches in windows of 256 KiB of new data, as the engine does.
///
/// - Returns: The matcher's statistics, folded.
func matchInWindows(_ signature: Signature, _ new: [UInt8]) -> UInt64 {
    var matcher = BlockMatcher(signature)
    let bytes = new.span.bytes
    var start = 0
    var end = 0
    repeat {
        end = min(end + 262_144, new.count)
        start += matcher.match(bytes.extracting(start..<end), isLast: end == new.count) { _ in }
    } while end < new.count
    return UInt64(bitPattern: matcher.statistics.matchedBytes &* 3 &+ matcher.statistics.literalBytes)
}

extension Benchmark {
    /// Every benchmark; the data is made once and shared.
    static let all: [Benchmark] = {
        let size = 1 << 26
        let data = noise(size, seed: 1)
        let other = noise(size, seed: 2)
        var edited = data
        for index in stride(from: 5000, to: size, by: 819_200) { edited[index] ^= 1 }
        return rolling(data) + strong(data) + signing(data) + matching(data, edited, other)
    }()

    private static func rolling(_ data: [UInt8]) -> [Benchmark] {
        [700, 8192, 131_072].map { length in
            Benchmark(name: "rolling sum, blocks of \(length)", byteCount: data.count / length * length) {
                blocks(of: data, length) { UInt64(RollingChecksum.sum(of: $0)) }
            }
        }
    }

    private static func strong(_ data: [UInt8]) -> [Benchmark] {
        ChecksumAlgorithm.allCases.filter { $0 != .none }.flatMap { algorithm in
            [700, 131_072].map { length in
                Benchmark(name: "\(algorithm), blocks of \(length)", byteCount: data.count / length * length) {
                    var checksum = StreamingChecksum(.blocks(algorithm, seed: 1, seedFix: true))
                    return blocks(of: data, length) { UInt64(checksum.digest(of: $0)[0]) }
                }
            }
        }
    }

    private static func signing(_ data: [UInt8]) -> [Benchmark] {
        [700, 8192].map { length in
            Benchmark(name: "signature, blocks of \(length)", byteCount: data.count) {
                let signature = try? Signature(of: data.span.bytes, blockLength: length)
                return UInt64(signature?.rollingSums.last ?? 0)
            }
        }
    }

    private static func matching(_ data: [UInt8], _ edited: [UInt8], _ other: [UInt8]) -> [Benchmark] {
        [700, 8192, 131_072].flatMap { length -> [Benchmark] in
            guard let signature = try? Signature(of: data.span.bytes, blockLength: length) else { return [] }
            return [
                Benchmark(name: "match all, blocks of \(length)", byteCount: data.count) {
                    matchInWindows(signature, data)
                },
                Benchmark(name: "match with 1 edit in 800 KiB, blocks of \(length)", byteCount: data.count) {
                    matchInWindows(signature, edited)
                },
                Benchmark(name: "match none, blocks of \(length)", byteCount: data.count) {
                    matchInWindows(signature, other)
                },
            ]
        }
    }

    /// Folds what a function says of each block.
    @inline(__always)
    private static func blocks(of data: [UInt8], _ length: Int, _ sum: (RawSpan) -> UInt64) -> UInt64 {
        let bytes = data.span.bytes
        var result: UInt64 = 0
        for block in 0..<(data.count / length) {
            result = result &* 31 &+ sum(bytes.extracting((block * length)..<((block + 1) * length)))
        }
        return result
    }
}
