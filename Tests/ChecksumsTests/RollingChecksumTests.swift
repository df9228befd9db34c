import Checksums
import TestSupport
import Testing

/// The definition, byte by byte: the oracle of everything faster.
private func slowSum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var first: UInt32 = 0
    var second: UInt32 = 0
    for byte in bytes {
        first &+= UInt32(bitPattern: Int32(Int8(bitPattern: byte)))
        second &+= first
    }
    return (first & 0xffff) | (second << 16)
}

/// The fast sum of an array; a span cannot be taken inside `#expect`.
private func fastSum(_ bytes: [UInt8]) -> UInt32 {
    RollingChecksum.sum(of: bytes.span.bytes)
}

/// A row of the specification, named so that a report does not print the bytes.
struct Vector: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let sum: UInt32

    init(_ name: String, _ bytes: [UInt8], _ sum: UInt32) {
        testDescription = name
        self.bytes = bytes
        self.sum = sum
    }

    static let all = [
        Vector("empty", [], 0x0000_0000),
        Vector("a", Array("a".utf8), 0x0061_0061),
        Vector("ff", [0xff], 0xffff_ffff),
        Vector("abc", Array("abc".utf8), 0x024a_0126),
        Vector("00...ff", Array(0...255), 0x6a80_ff80),
        Vector("700 times ff", [UInt8](repeating: 0xff, count: 700), 0x419a_fd44),
        Vector("131072 times 80", [UInt8](repeating: 0x80, count: 131_072), 0x0000_0000),
        Vector("KAT[0:700]", Array(knownBasis[0..<700]), 0x4257_f7ff),
        Vector("KAT[700:1400]", Array(knownBasis[700..<1400]), 0x52f3_fdd1),
        Vector("KAT[65100:65536]", Array(knownBasis[65100...]), 0x9a8a_f22e),
        Vector("KAT", knownBasis, 0x0c52_a8ce),
    ]
}

@Suite("RollingChecksum")
struct RollingChecksumTests {
    @Test("gives the sums of the specification", arguments: Vector.all)
    func vectors(vector: Vector) {
        #expect(fastSum(vector.bytes) == vector.sum)
    }

    @Test("agrees with the definition at every length and alignment")
    func lengths() {
        let basis = knownBasis
        for start in 0..<33 {
            for length in 0..<200 {
                let part = knownBasis[start..<(start + length)]
                let span = basis.span.bytes.extracting(start..<(start + length))
                #expect(RollingChecksum.sum(of: span) == slowSum(part), "start \(start), length \(length)")
            }
        }
    }

    @Test("keeps its wrapping right over extreme bytes", arguments: [0x00, 0x7f, 0x80, 0xff] as [UInt8])
    func extremes(byte: UInt8) {
        let bytes = [UInt8](repeating: byte, count: 70_001)
        #expect(fastSum(bytes) == slowSum(bytes))
    }

    @Test("slides as if the window were checksummed again", arguments: [1, 2, 31, 32, 33, 700, 4096])
    func rolls(length: Int) {
        let basis = knownBasis
        let bytes = basis.span.bytes
        var rolling = RollingChecksum(bytes.extracting(0..<length))
        for start in 1..<300 {
            rolling.roll(removing: knownBasis[start - 1], adding: knownBasis[start + length - 1])
            #expect(rolling.value == RollingChecksum.sum(of: bytes.extracting(start..<(start + length))))
        }
    }

    @Test("shrinks at the beginning and grows at the end")
    func resizes() {
        let basis = knownBasis
        let bytes = basis.span.bytes
        var rolling = RollingChecksum(bytes.extracting(0..<1000))
        for start in 0..<1000 {
            rolling.removeFirst(knownBasis[start])
            #expect(rolling.length == 999 - start)
            #expect(rolling.value == RollingChecksum.sum(of: bytes.extracting((start + 1)..<1000)))
        }
        for end in [1, 40, 41, 500, 1000] {
            rolling.append(bytes.extracting(rolling.length..<end))
            #expect(rolling.value == RollingChecksum.sum(of: bytes.extracting(0..<end)))
        }
    }

    @Test("is restored from its value")
    func restores() {
        let basis = knownBasis
        let bytes = basis.span.bytes
        var rolling = RollingChecksum(
            value: RollingChecksum.sum(of: bytes.extracting(0..<700)),
            length: 700
        )
        rolling.roll(removing: knownBasis[0], adding: knownBasis[700])
        #expect(rolling.value == RollingChecksum.sum(of: bytes.extracting(1..<701)))
    }
}
