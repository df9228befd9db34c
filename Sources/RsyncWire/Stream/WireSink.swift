package import LinuxSystem

/// Where the bytes of a stream go.
package protocol WireSink: AnyObject {
    /// Writes what a buffer holds, now or soon, always in the order of the calls.
    ///
    /// - Parameter full: Filled up to its count; it belongs to the sink from here on.
    /// - Returns: A buffer of the same capacity to go on with: the same one, or another that is free.
    /// - Throws: ``WireError/transport(_:)`` with the failure below, of this buffer or of an earlier one.
    func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer
}

/// Memory in which output gathers on its way to a sink.
///
/// ## Concurrency model
/// `0 <= count <= capacity`. Whoever holds the buffer, the output or its sink, is the only one to touch it.
package final class OutputBuffer: @unchecked Sendable {
    /// Bytes that fit.
    package let capacity: Int
    let memory: ByteMemory
    /// Bytes from the start that are to be written.
    var count = 0

    /// Allocates an empty buffer.
    ///
    /// - Parameter capacity: Bytes that fit; at least 1.
    package init(capacity: Int) {
        self.capacity = capacity
        memory = ByteMemory(count: capacity)
    }

    /// What is to be written.
    package var bytes: MemorySlice { memory[0..<count] }
}
