import Glibc

/// Heap memory that is read and written in place, by one thread at a time.
///
/// ## Invariant
/// `start` is an allocation of `count` bytes from `init` to `deinit`, and every access is bounds-checked. A
/// ``MemorySlice`` also keeps the memory alive, so no access outlives it. Bytes that have not been written are
/// undefined.
///
/// ## Concurrency model
/// There is no lock. A thread that passes a part to another thread does not access it until it is returned.
@safe package final class ByteMemory: @unchecked Sendable {
    @usableFromInline let start: UnsafeMutableRawPointer
    /// The size in bytes.
    package let count: Int

    /// Allocates memory.
    ///
    /// - Parameters:
    ///   - count: The size in bytes, at least 1.
    ///   - alignment: A power of two.
    package init(count: Int, alignment: Int = 64) {
        precondition(count > 0)
        self.count = count
        unsafe start = .allocate(byteCount: count, alignment: alignment)
    }

    deinit { unsafe start.deallocate() }

    /// A part of the memory.
    package subscript(range: Range<Int>) -> MemorySlice { MemorySlice(self, range) }

    /// All of the memory.
    package var all: MemorySlice { MemorySlice(self, 0..<count) }

    /// Writes an integer, little-endian.
    @inlinable
    @inline(__always)
    package func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size)
        unsafe start.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    /// Writes a copy of bytes.
    @inlinable
    package func store(_ bytes: RawSpan, at offset: Int) {
        precondition(offset >= 0 && offset <= count - bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe (start + offset).copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Moves a range to the start; both may overlap.
    package func moveToFront(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        guard !range.isEmpty, range.lowerBound > 0 else { return }
        unsafe start.copyMemory(from: start + range.lowerBound, byteCount: range.count)
    }
}

/// A part of a ``ByteMemory``, which it keeps alive.
///
/// ## Invariant
/// `range` lies within the memory, which `init` checks.
@safe package struct MemorySlice: Sendable {
    /// The memory that it is a part of.
    package let memory: ByteMemory
    /// Its range in the memory.
    package let range: Range<Int>

    /// Creates a slice of a memory.
    @inlinable
    package init(_ memory: ByteMemory, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= memory.count)
        self.memory = memory
        self.range = range
    }

    private static let nowhere = ByteMemory(count: 1)

    /// An empty slice.
    package static var empty: MemorySlice { MemorySlice(nowhere, 0..<0) }

    /// Copies bytes into new memory.
    package init(copying bytes: Span<UInt8>) {
        guard !bytes.isEmpty else {
            self = .empty
            return
        }
        self = ByteMemory(count: bytes.count).all
        copy(bytes)
    }

    /// The number of bytes.
    @inlinable package var count: Int { range.count }

    /// Whether it is empty.
    @inlinable package var isEmpty: Bool { range.isEmpty }

    @usableFromInline var pointer: UnsafeMutableRawPointer { unsafe memory.start + range.lowerBound }

    /// The bytes, read-only.
    package var bytes: RawSpan {
        @inlinable
        @_lifetime(borrow self)
        get {
            let bytes = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: pointer, count: range.count))
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    /// The bytes, read-only.
    package var span: Span<UInt8> {
        @inlinable
        @_lifetime(borrow self)
        get {
            let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(start: pointer, count: range.count))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Passes the bytes to a closure for writing.
    package func withMutableSpan<Result, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let buffer = unsafe UnsafeMutableRawBufferPointer(start: pointer, count: range.count)
        var span = unsafe MutableSpan<UInt8>(_unsafeBytes: buffer)
        return try body(&span)
    }

    /// A subrange, relative to its start.
    @inlinable
    package subscript(part: Range<Int>) -> MemorySlice {
        precondition(part.lowerBound >= 0 && part.upperBound <= count)
        return MemorySlice(memory, range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }

    /// Its first bytes.
    package func prefix(_ length: Int) -> MemorySlice { self[0..<length] }

    /// The rest after its first bytes.
    package func dropFirst(_ length: Int) -> MemorySlice { self[length..<count] }

    /// Whether both hold the same bytes.
    package func isEqual(to other: MemorySlice) -> Bool {
        unsafe count == other.count && memcmp(pointer, other.pointer, count) == 0
    }

    /// Writes zeros.
    package func clear() { unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count) }

    /// Fills it with a copy of as many bytes.
    package func copy(_ bytes: Span<UInt8>) {
        precondition(bytes.count == count)
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe pointer.copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Passes the address to a closure, for a system call that accesses the memory and ends before `body` returns.
    @unsafe
    package func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeMutableRawBufferPointer(start: pointer, count: count))
    }
}

extension [UInt8] {
    /// A copy of bytes.
    package init(copying bytes: Span<UInt8>) {
        self = []
        append(copying: bytes)
    }

    /// Appends a copy of bytes.
    @inlinable
    package mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
