/// rsync's rolling sum over a window of bytes, which can slide by one byte in constant time.
///
/// Over n bytes, each taken as a signed value b[i] (protocol specification, transfer 9.1):
///
///     s1 = sum of b[i]            mod 2^16
///     s2 = sum of (n - i) * b[i]  mod 2^16
///     value = s1 | s2 << 16
public struct RollingChecksum: Sendable {
    /// The first sum.
    ///
    /// Only the low 16 bits are meaningful; the rest is an artefact of wrapping arithmetic.
    @usableFromInline var first: UInt32
    /// The second sum, kept like the first.
    @usableFromInline var second: UInt32
    /// The length of the window in bytes.
    public private(set) var length: Int

    /// The sum of an empty window.
    public init() {
        first = 0
        second = 0
        length = 0
    }

    /// The sum of a window.
    ///
    /// - Parameter bytes: The window's bytes.
    public init(_ bytes: RawSpan) {
        self.init()
        append(bytes)
    }

    /// Restores a sum from its value.
    ///
    /// - Parameters:
    ///   - value: A former ``value``.
    ///   - length: The corresponding ``length``.
    public init(value: UInt32, length: Int) {
        first = value & 0xffff
        second = value >> 16
        self.length = length
    }

    /// The sum as sent on the wire.
    public var value: UInt32 { (first & 0xffff) | (second << 16) }

    /// Extends the window at its end.
    ///
    /// - Parameter bytes: The bytes after the window.
    public mutating func append(_ bytes: RawSpan) {
        let (tailFirst, tailSecond) = columnSums(of: bytes)
        second = second &+ first &* UInt32(truncatingIfNeeded: bytes.byteCount) &+ tailSecond
        first = first &+ tailFirst
        length += bytes.byteCount
    }

    /// Slides the window by one byte.
    ///
    /// - Parameters:
    ///   - old: The window's first byte, which leaves it.
    ///   - new: The byte after the window, which enters it.
    @inlinable
    public mutating func roll(removing old: UInt8, adding new: UInt8) {
        let leaving = RollingChecksum.extend(old)
        first = first &- leaving &+ RollingChecksum.extend(new)
        second = second &- UInt32(truncatingIfNeeded: length) &* leaving &+ first
    }

    /// Shrinks the window at its beginning.
    ///
    /// - Parameter old: The window's first byte.
    public mutating func removeFirst(_ old: UInt8) {
        precondition(length > 0, "an empty window has no first byte")
        let leaving = RollingChecksum.extend(old)
        first = first &- leaving
        second = second &- UInt32(truncatingIfNeeded: length) &* leaving
        length -= 1
    }

    /// The value of a whole block.
    ///
    /// - Parameter bytes: The block; it may be empty.
    /// - Returns: The value as sent on the wire.
    public static func sum(of bytes: RawSpan) -> UInt32 {
        let (first, second) = columnSums(of: bytes)
        return (first & 0xffff) | (second << 16)
    }

    /// A byte's signed value, wrapped to 32 bits.
    @usableFromInline
    static func extend(_ byte: UInt8) -> UInt32 {
        UInt32(bitPattern: Int32(Int8(bitPattern: byte)))
    }
}
