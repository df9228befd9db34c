package import LinuxSystem

/// A duplex byte stream with timeouts.
///
/// One thread may read while another writes; two threads must not read, or write, at the same time. `close()` may be
/// called on any thread at any time.
///
/// A clean end takes both sides: `closeWrite()`, then read until 0, then `close()`. Closing a socket that has unread
/// bytes makes the kernel discard what the peer has not read yet.
package protocol ByteStream: AnyObject, Sendable {
    /// Reads what is available, waiting for at least one byte.
    ///
    /// - Parameter slice: The buffer to fill; not empty.
    /// - Returns: The number of bytes read; 0 when the peer ended its direction cleanly.
    /// - Throws: ``TransportError``.
    func read(into slice: MemorySlice) throws(TransportError) -> Int

    /// Reads what is already available; never blocks.
    ///
    /// - Parameter slice: The buffer to fill; not empty.
    /// - Returns: The number of bytes read; 0 at the end; nil when nothing is available yet.
    /// - Throws: ``TransportError``.
    func readNow(into slice: MemorySlice) throws(TransportError) -> Int?

    /// Writes all of the bytes, waiting while the peer is slow.
    ///
    /// - Parameter bytes: The bytes to send; may be empty.
    /// - Throws: ``TransportError``; how much was sent is then unknown.
    func write(_ bytes: RawSpan) throws(TransportError)

    /// Ends this side's direction: the peer reads everything written before, then the end. Reading remains possible.
    ///
    /// A second call does nothing.
    ///
    /// - Throws: ``TransportError``.
    func closeWrite() throws(TransportError)

    /// Closes both directions immediately and wakes blocked readers and writers with ``TransportError/closed(peer:)``.
    /// Never blocks, and may be called again.
    func close()

    /// Whether closing it with unread bytes makes the kernel discard what the peer has not read, as TCP does.
    var losesDataOnClose: Bool { get }

    /// A description of the peer for messages, such as `10.0.0.7:443`.
    var peerDescription: String { get }

    /// The longest that a read may wait for its first byte; nil for no limit. Takes effect with the next wait.
    var readTimeout: Duration? { get set }

    /// The longest that a write may make no progress; nil for no limit. Takes effect with the next wait.
    var writeTimeout: Duration? { get set }

    /// The stream's activity so far; may be read on any thread.
    var activity: StreamActivity { get }
}

extension ByteStream {
    package var losesDataOnClose: Bool { true }
}

/// How much has moved through a stream and when, so that a stall can be reported as "nothing read for 5 s".
package struct StreamActivity: Equatable, Sendable {
    /// Bytes read from the peer since the stream was created.
    package var bytesRead: UInt64
    /// Bytes passed to the kernel for the peer since the stream was created.
    package var bytesWritten: UInt64
    /// Time since the last byte was read, or since the stream was created.
    package var sinceLastRead: Duration
    /// Time since the last byte was written, or since the stream was created.
    package var sinceLastWrite: Duration

    /// Creates a value from its figures.
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
    /// - Parameter bytes: The bytes to send.
    /// - Throws: ``TransportError``.
    package func write(_ bytes: [UInt8]) throws(TransportError) {
        try write(bytes.span.rawBytes)
    }

    /// Reads what is available into a new array, waiting for at least one byte.
    ///
    /// - Parameter limit: The most bytes to read; at least 1.
    /// - Returns: The bytes; empty when the peer ended its direction cleanly.
    /// - Throws: ``TransportError``.
    package func read(upTo limit: Int) throws(TransportError) -> [UInt8] {
        let slice = ByteMemory(count: limit).all
        let count = try read(into: slice)
        return Array(copying: slice.prefix(count).span)
    }
}
