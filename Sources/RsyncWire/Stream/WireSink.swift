package import LinuxSystem

/// The sink of a stream's bytes.
package protocol WireSink: AnyObject {
    /// Writes the contents of a buffer, now or later, always in the order of the calls.
    ///
    /// - Parameter full: Filled up to its count; it belongs to the sink from now on.
    /// - Returns: A buffer of the same capacity to continue with: the same one, or another free one.
    /// - Throws: ``WireError/transport(_:)`` with the underlying failure, of this buffer or of an earlier one.
    func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer
}

/// Memory in which output is collected for a sink.
///
/// ## Concurrency model
/// `0 <= count <= capacity`. Only the current owner of the buffer, the output or its sink, accesses it.
package final class OutputBuffer: @unchecked Sendable {
    /// The capacity in bytes.
    package let capacity: Int
    let memory: ByteMemory
    /// The number of bytes to write, from the start.
    var count = 0

    /// Allocates an empty buffer.
    ///
    /// - Parameter capacity: The capacity in bytes; at least 1.
    package init(capacity: Int) {
        self.capacity = capacity
        memory = ByteMemory(count: capacity)
    }

    /// The bytes to write.
    package var bytes: MemorySlice { memory[0..<count] }
}
