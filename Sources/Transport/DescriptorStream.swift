package import LinuxSystem
import Synchronization

/// Both directions of a stream over descriptors, with their timeouts and activity.
package final class StreamSides: Sendable {
    let input: InputSide
    let output: OutputSide

    init(_ input: consuming InputSide, _ output: consuming OutputSide) {
        self.input = input
        self.output = output
    }
}

/// A byte stream over one or two descriptors.
///
/// ## Concurrency model
/// The reading and the writing side share at most the descriptor and the stop signal, which are thread-safe; one thread
/// may use each side, and any thread may call `close()`.
package protocol DescriptorStream: ByteStream {
    /// The stream's two directions.
    var sides: StreamSides { get }
}

extension DescriptorStream {
    /// Reads what is available, waiting for at least one byte; 0 is the end.
    package func read(into slice: MemorySlice) throws(TransportError) -> Int { try sides.input.read(into: slice) }

    /// Reads what is already available; nil if that is nothing.
    package func readNow(into slice: MemorySlice) throws(TransportError) -> Int? {
        try sides.input.readNow(into: slice)
    }

    /// Writes all of the bytes, waiting while the peer is slow.
    package func write(_ bytes: RawSpan) throws(TransportError) { try sides.output.write(bytes) }

    /// The longest wait for the first byte of a read.
    package var readTimeout: Duration? {
        get { sides.input.limit.duration }
        set { sides.input.limit.duration = newValue }
    }

    /// The longest that a write may make no progress.
    package var writeTimeout: Duration? {
        get { sides.output.limit.duration }
        set { sides.output.limit.duration = newValue }
    }

    /// The stream's activity so far.
    package var activity: StreamActivity {
        StreamActivity(
            bytesRead: sides.input.flow.total,
            bytesWritten: sides.output.flow.total,
            sinceLastRead: sides.input.flow.sinceLast,
            sinceLastWrite: sides.output.flow.sinceLast
        )
    }
}
