import LinuxSystem

/// The bytes of a source's buffer that can be taken, and those that follow them.
///
///     position         end              bufferEnd
///     |  the window    |  not open yet  |
///
/// ## Invariant
/// `start <= position <= end <= bufferEnd`, all in the memory of `buffer`, which the window owns and which begins at
/// `start`; only bytes below `end` are loaded.
@safe struct InputWindow {
    private let buffer: MemorySlice
    private let start: UnsafeRawPointer
    private var position: UnsafeRawPointer
    private var end: UnsafeRawPointer
    private var bufferEnd: UnsafeRawPointer

    init() { self.init(.empty) }

    /// An empty window at the start of a buffer.
    init(_ buffer: MemorySlice) {
        self.buffer = buffer
        unsafe start = buffer.withUnsafeMutableBytes { bytes in
            // A slice always has an address, even if it is empty.
            guard let start = bytes.baseAddress else { preconditionFailure("memory without an address") }
            return UnsafeRawPointer(start)
        }
        unsafe position = start
        unsafe end = start
        unsafe bufferEnd = start + buffer.count
    }

    /// The number of bytes that can be taken.
    @inline(__always)
    var count: Int { unsafe end - position }

    @inline(__always)
    var isEmpty: Bool { unsafe position == end }

    /// The number of bytes after the window.
    var countBehind: Int { unsafe bufferEnd - end }

    /// The number of bytes that have not been taken.
    var countLeft: Int { unsafe bufferEnd - position }

    /// Drops the bytes after the window, then closes the window: its bytes become the bytes after it.
    mutating func close() {
        unsafe bufferEnd = end
        unsafe end = position
    }

    /// Moves the window to the next bytes after it; what was left in it is dropped.
    mutating func open(_ count: Int) {
        precondition(count >= 0 && count <= countBehind)
        unsafe position = end
        unsafe end += count
    }

    /// Takes a byte of a window that is not empty.
    @inline(__always)
    mutating func byte() -> UInt8 {
        precondition(!isEmpty)
        let value = unsafe position.load(as: UInt8.self)
        unsafe position += 1
        return value
    }

    /// Takes four bytes, little-endian, if there are that many.
    @inline(__always)
    mutating func word() -> UInt32? {
        guard count >= 4 else { return nil }
        let value = unsafe position.loadUnaligned(as: UInt32.self)
        unsafe position += 4
        return UInt32(littleEndian: value)
    }

    /// Takes bytes without copying them.
    mutating func take(_ count: Int) -> MemorySlice {
        precondition(count >= 0 && count <= self.count)
        let offset = unsafe position - start
        unsafe position += count
        return buffer[offset..<offset + count]
    }

    mutating func take(_ count: Int, appendingTo array: inout [UInt8]) {
        precondition(count >= 0 && count <= self.count)
        unsafe array.append(contentsOf: UnsafeRawBufferPointer(start: position, count: count))
        unsafe position += count
    }
}
