import COpenSSL

/// Bytes that are overwritten before their memory is given back, and that no dump shows.
///
/// ## Invariant
/// `storage` is an allocation of its count that lives as long as this object and is written only in the initializer.
///
/// ## Concurrency model
/// Nothing changes after the initializer.
@safe public final class SecretBytes: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Copies bytes; the caller wipes its own.
    convenience init(copying bytes: Span<UInt8>) {
        unsafe self.init(count: bytes.count) { storage in
            unsafe bytes.withUnsafeBytes { unsafe storage.copyMemory(from: $0) }
        }
    }

    /// Lets a closure fill the memory, which is zero before.
    init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        unsafe storage = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe fill(storage)
    }

    deinit {
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }

    /// How many there are.
    public var count: Int { unsafe storage.count }

    /// Lends the bytes for the length of a call.
    public func withBytes<Answer, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let bytes = unsafe storage.assumingMemoryBound(to: UInt8.self)
        return try body(unsafe UnsafeBufferPointer(bytes).span)
    }

    /// Lends the memory to C for the length of a call.
    func withUnsafeBytes<Answer>(_ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        unsafe body(UnsafeRawBufferPointer(storage))
    }

    /// Their number; never the bytes.
    public var description: String { "\(count) secret bytes" }

    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
