package import LinuxSystem

/// One step of a delta, as it arrives (protocol specification, transfer 13).
///
/// A literal's bytes stay valid until the next call of the ``TokenReader`` it came from or of that reader's input.
package enum Token {
    /// New bytes, at least one.
    case literal(MemorySlice)
    /// `count` adjacent blocks of the basis, at least one, all below the file's number of blocks.
    case copy(block: Int32, count: Int)
    /// The file is complete; its whole-file checksum follows on the stream.
    case end
}

/// The flag bytes of a compressed token stream (protocol specification, transfer 13.2).
///
///     00          the end
///     20          block (int)
///     21          block (int), run (16 bits)
///     40 .. 7f    length 8..13 bits here, 0..7 in the next byte, then as many compressed bytes
///     80 .. bf    block = position + low 6 bits
///     c0 .. ff    the same, then run (16 bits)
enum TokenFlag {
    static let end: UInt8 = 0x00
    static let long: UInt8 = 0x20
    static let longRun: UInt8 = 0x21
    static let data: UInt8 = 0x40
    static let relative: UInt8 = 0x80
    static let relativeRun: UInt8 = 0xc0
    /// The most bytes in a compressed chunk.
    static let dataLimit = 16383
    /// The most blocks in a run: the named one and 65535 more.
    static let runLimit = 65536
}
