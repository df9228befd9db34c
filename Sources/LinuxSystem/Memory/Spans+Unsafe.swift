// Conversions between spans of bytes and raw spans.
//
// Invariant: both refer to the same bytes, for the same lifetime; every byte is a valid UInt8.

extension Span<UInt8> {
    /// The same bytes.
    package var rawBytes: RawSpan {
        @_lifetime(copy self)
        get { unsafe bytes }
    }
}

extension RawSpan {
    /// The same bytes.
    package var octets: Span<UInt8> {
        @_lifetime(copy self)
        get { Span<UInt8>(_bytes: self) }
    }
}
