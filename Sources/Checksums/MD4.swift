/// A running MD4 (RFC 1320).
///
/// Implemented here because OpenSSL 3 has it only in its legacy provider. It is for old peers and gives no protection.
struct MD4 {
    private var a: UInt32 = 0x6745_2301
    private var b: UInt32 = 0xefcd_ab89
    private var c: UInt32 = 0x98ba_dcfe
    private var d: UInt32 = 0x1032_5476
    /// The number of added bytes.
    private var length: UInt64 = 0
    /// The words of the incomplete block; unfilled bytes are zero.
    private var pending = [16 of UInt32](repeating: 0)

    /// The number of filled bytes of `pending`.
    private var filled: Int { Int(length % 64) }

    /// Adds the next piece of the data.
    mutating func update(_ bytes: RawSpan) {
        var offset = 0
        while offset < bytes.byteCount, filled > 0 {
            append(bytes.byte(at: offset))
            offset += 1
        }
        while bytes.byteCount - offset >= 64 {
            let block = [16 of UInt32] { bytes.word(at: offset + $0 * 4) }
            process(block)
            length &+= 64
            offset += 64
        }
        while offset < bytes.byteCount {
            append(bytes.byte(at: offset))
            offset += 1
        }
    }

    /// Finishes the digest; the state must not be used afterwards.
    mutating func finish() -> Digest {
        let bitLength = length &* 8
        append(0x80)
        while filled != 56 { append(0) }
        pending[14] = UInt32(truncatingIfNeeded: bitLength)
        pending[15] = UInt32(truncatingIfNeeded: bitLength >> 32)
        process(pending)
        return Digest(UInt64(a) | UInt64(b) << 32, UInt64(c) | UInt64(d) << 32, count: 16)
    }

    private mutating func append(_ byte: UInt8) {
        pending[filled / 4] |= UInt32(byte) << UInt32(filled % 4 * 8)
        length &+= 1
        guard filled == 0 else { return }
        process(pending)
        pending = [16 of UInt32](repeating: 0)
    }

    private mutating func process(_ x: [16 of UInt32]) {
        let (startA, startB, startC, startD) = (a, b, c, d)
        for i in [0, 4, 8, 12] {
            round1(x[i], x[i + 1], x[i + 2], x[i + 3])
        }
        for i in 0..<4 {
            round2(x[i], x[i + 4], x[i + 8], x[i + 12])
        }
        for i in [0, 2, 1, 3] {
            round3(x[i], x[i + 8], x[i + 4], x[i + 12])
        }
        a = a &+ startA
        b = b &+ startB
        c = c &+ startC
        d = d &+ startD
    }

    private mutating func round1(_ x0: UInt32, _ x1: UInt32, _ x2: UInt32, _ x3: UInt32) {
        func f(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 { z ^ (x & (y ^ z)) }
        a = rotate(a &+ f(b, c, d) &+ x0, 3)
        d = rotate(d &+ f(a, b, c) &+ x1, 7)
        c = rotate(c &+ f(d, a, b) &+ x2, 11)
        b = rotate(b &+ f(c, d, a) &+ x3, 19)
    }

    private mutating func round2(_ x0: UInt32, _ x1: UInt32, _ x2: UInt32, _ x3: UInt32) {
        func g(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 { ((x & y) | (z & (x | y))) &+ 0x5a82_7999 }
        a = rotate(a &+ g(b, c, d) &+ x0, 3)
        d = rotate(d &+ g(a, b, c) &+ x1, 5)
        c = rotate(c &+ g(d, a, b) &+ x2, 9)
        b = rotate(b &+ g(c, d, a) &+ x3, 13)
    }

    private mutating func round3(_ x0: UInt32, _ x1: UInt32, _ x2: UInt32, _ x3: UInt32) {
        func h(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 { (x ^ y ^ z) &+ 0x6ed9_eba1 }
        a = rotate(a &+ h(b, c, d) &+ x0, 3)
        d = rotate(d &+ h(a, b, c) &+ x1, 9)
        c = rotate(c &+ h(d, a, b) &+ x2, 11)
        b = rotate(b &+ h(c, d, a) &+ x3, 15)
    }
}

@inline(__always)
private func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 {
    (value &<< bits) | (value &>> (32 &- bits))
}
