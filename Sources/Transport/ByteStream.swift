package import LinuxSystem

/// A duplex stream of bytes with deadlines.
///
/// One thread may read while another writes; two threads must not read, or write, at once. `close()` may come from any
/// thread at any time.
///
/// Ending well takes both sides: `closeWrite()`, then read until 0, then `close()`. A socket that is closed with unread
/// bytes in it makes the kernel discard what the peer has not read yet.
package protocol ByteStream: AnyObject, Sendable {
    /// Reads what is there, waiting for at least one byte.
    ///
    /// - Parameter slice: Where the bytes go; not empty.
    /// - Returns: How many bytes were read; 0 when the peer ended its direction cleanly.
    /// - Throws: ``TransportError``.
    func read(into slice: MemorySlice) throws(TransportError) -> Int

    /// Reads what is there already, and never waits.
    ///
    /// - Parameter slice: Where the bytes go; not empty.
    /// - Returns: How many bytes were read; 0 at the end; nil when nothing is there yet.
    /// - Throws: ``TransportError``.
    func readNow(into slice: MemorySlice) throws(TransportError) -> Int?

    /// Writes all of the bytes, waiting while the peer is slow.
    ///
    /// - Parameter bytes: What to send; may be empty.
    /// - Throws: ``TransportError``; how much was sent is then unknown.
    func write(_ bytes: RawSpan) throws(TransportError)

    /// Ends this side's direction: the peer reads everything written before, then the end. Reading goes on.
    ///
    /// A second call does nothing.
    ///
    /// - Throws: ``TransportError``.
    func closeWrite() throws(TransportError)

    /// Ends the stream in both directions at once and wakes blocked readers and writers with
    /// ``TransportError/closed(peer:)``. Never waits, may be called again.
    func close()

    /// Who is at the other end, for messages, such as `10.0.0.7:443`.
    var peerDescription: String { get }

    /// The longest that a read may wait for its first byte; nil waits for ever. Holds from the next wait on.
    var readTimeout: Duration? { get set }

    /// The longest that a write may go without getting rid of a byte; nil waits for ever. Holds from the next wait on.
    var writeTimeout: Duration? { get set }

    /// What has moved so far; may be asked from any thread.
    var activity: StreamActivity { get }
}

/// What has moved through a stream and when, so that a stall can be reported as "nothing read since 5 s".
package struct StreamActivity: Equatable, Sendable {
    /// Bytes read from the peer since the stream was made.
    package var bytesRead: UInt64
    /// Bytes handed to the kernel for the peer since the stream was made.
    package var bytesWritten: UInt64
    /// Time since the last byte was read, or since the stream was made.
    package var sinceLastRead: Duration
    /// Time since the last byte was written, or since the stream was made.
    package var sinceLastWrite: Duration

    /// Names the figures.
    package init(bytesRead: UInt64, bytesWritten: UInt64, sinceLastRead: Duration, sinceLastWrite: Duration) {
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
        self.sinceLastRead = sinceLastRead
        self.sinceLastWrite = sinceLastWrite
    }

    /// Time since a byte moved in either direction.
    package var sinceLastByte: Duration { min(sinceLastRead, sinceLastWrite) }
}

extension ByteStream {
    /// Writes all bytes of an array.
    ///
    /// - Parameter bytes: What to send.
    /// - Throws: ``TransportError``.
    package func write(_ bytes: [UInt8]) throws(TransportError) {
        try write(bytes.span.rawBytes)
    }

    /// Reads what is there into a new array, waiting for at least one byte.
    ///
    /// - Parameter limit: The most that may come; at least 1.
    /// - Returns: The bytes; empty when the peer ended its direction cleanly.
    /// - Throws: ``TransportError``.
    package func read(upTo limit: Int) throws(TransportError) -> [UInt8] {
        let slice = ByteMemory(count: limit).all
        let count = try read(into: slice)
        return Array(copying: slice.prefix(count).span)
    }
}
