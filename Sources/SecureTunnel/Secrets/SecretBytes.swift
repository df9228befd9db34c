import COpenSSL

/// Bytes that are overwritten before their memory is released, and are excluded from dumps (``SecretMemory``).
///
/// ## Invariant
/// `storage` is an allocation of its count that lives as long as this object and is written only in the initializer.
///
/// ## Concurrency model
/// Nothing changes after the initializer.
@safe package final class SecretBytes: @unchecked Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Copies bytes; the caller wipes its own.
    package convenience init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count) { storage in
            for index in bytes.indices { storage[index] = bytes[index] }
        }
    }

    /// Copies the UTF-8 of a text, which itself cannot be wiped: for text from a command line or a URL.
    package convenience init(_ text: String) {
        self.init(copying: text.utf8Span.span)
    }

    /// Copies several pieces concatenated.
    convenience init(joining pieces: [SecretBytes]) {
        self.init(count: pieces.reduce(0) { $0 + $1.count }) { storage in
            var start = 0
            for piece in pieces {
                piece.withBytes { bytes in for index in bytes.indices { storage[start + index] = bytes[index] } }
                start += piece.count
            }
        }
    }

    /// Lets a closure fill the memory, which is initially zero.
    init<Failure: Error>(count: Int, _ fill: (inout MutableSpan<UInt8>) throws(Failure) -> Void) throws(Failure) {
        let start = unsafe SecretMemory.allocate(byteCount: max(count, 1))
        unsafe storage = UnsafeMutableRawBufferPointer(start: start, count: count)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
        var span = unsafe MutableSpan<UInt8>(_unsafeBytes: storage)
        try fill(&span)
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        if let start = unsafe storage.baseAddress { unsafe SecretMemory.deallocate(start, byteCount: max(count, 1)) }
    }

    /// How many there are.
    package var count: Int { unsafe storage.count }

    /// Lends the bytes for the duration of a call.
    package func withBytes<Answer, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let bytes = unsafe storage.assumingMemoryBound(to: UInt8.self)
        return try body(unsafe UnsafeBufferPointer(bytes).span)
    }

    /// Lends the memory to C for the duration of a call.
    func withUnsafeBytes<Answer, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        unsafe try body(UnsafeRawBufferPointer(storage))
    }

    /// Whether both hold the same bytes; takes the same time wherever they differ.
    package static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe CRYPTO_memcmp(left.storage.baseAddress, right.storage.baseAddress, left.count) == 0
    }

    /// Their number; never the bytes.
    package var description: String { "\(count) secret bytes" }

    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
