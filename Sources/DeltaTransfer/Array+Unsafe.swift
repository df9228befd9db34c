// Conversions between arrays and spans of bytes.
//
// Invariant: the span of an array lives no longer than the borrow of the array, which the compiler checks; an array
// copies the bytes of a span while the pointer is valid.

extension [UInt8] {
    /// The array's bytes, for the duration of a borrow.
    var rawBytes: RawSpan {
        @_lifetime(borrow self) get { unsafe span.bytes }
    }

    /// Appends a copy of bytes.
    mutating func append(copying bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
