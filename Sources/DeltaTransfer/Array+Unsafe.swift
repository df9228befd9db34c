// Bytes of arrays as spans, and of spans in arrays.
//
// Invariant: the span of an array lives no longer than the array is borrowed, which the compiler checks; an array copies the
// bytes of a span before the pointer's life ends.

extension [UInt8] {
    /// The bytes, for the time of a borrow.
    var rawBytes: RawSpan {
        @_lifetime(borrow self) get { unsafe span.bytes }
    }

    /// Appends a copy of bytes.
    mutating func append(copying bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
