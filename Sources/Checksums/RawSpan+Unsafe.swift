// Loads of integers from a span.
//
// Invariant: each load checks that it is within the span, and every bit pattern is a valid value of the loaded types.

extension RawSpan {
    /// The byte at an offset, checked.
    @inline(__always)
    package func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// The little-endian word at an offset, checked; it need not be aligned.
    @inline(__always)
    package func word(at offset: Int) -> UInt32 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
    }
}

/// The same bytes, for the same lifetime.
@_lifetime(copy span)
func rawBytes(of span: Span<UInt8>) -> RawSpan { unsafe span.bytes }
