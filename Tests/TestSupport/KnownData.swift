/// Reproducible data from the linear congruential generator of the protocol specification, transfer 22.
///
/// - Parameters:
///   - count: How many bytes.
///   - seed: The generator's first state.
/// - Returns: x = (x * 1103515245 + 12345) mod 2^31; each byte is bits 16...23 of x.
package func knownBytes(_ count: Int, seed: UInt32 = 12345) -> [UInt8] {
    var x = seed
    return (0..<count).map { _ in
        x = (x &* 1_103_515_245 &+ 12345) & 0x7fff_ffff
        return UInt8((x >> 16) & 255)
    }
}

/// The basis of the specification's delta: 65536 bytes.
package let knownBasis = knownBytes(65536)

/// The basis with ten bytes inserted, one byte changed and 500 bytes appended: 66046 bytes.
package let knownNew: [UInt8] =
    knownBasis[..<1000] + Array("0123456789".utf8) + knownBasis[1000..<40000] + [knownBasis[40000] ^ 0xff]
    + knownBasis[40001...] + knownBytes(500, seed: 99)
