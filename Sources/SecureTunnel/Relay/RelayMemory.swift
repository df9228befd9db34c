import Synchronization

/// Shares a fixed amount of memory among the connections of a relay: the more there are, the smaller the chunks.
///
/// A connection has five buffers (see ``RelayBuffer`` and `RecordBuffers`). Their pages are allocated when they are
/// first touched and released when the connection becomes idle, so only active ones count; together they stay below
/// ``ceiling`` as long as chunks are above the minimum size, that is for up to 800 connections.
///
/// ## Concurrency model
/// Two atomic numbers; readers may see a slightly outdated chunk size.
package final class RelayMemory: Sendable {
    /// The total size of all buffers of all connections, in bytes.
    static let ceiling = 64 << 20
    /// The largest chunk: eight times what is encrypted at once.
    ///
    /// Larger chunks mean fewer wake-ups; beyond this size, measurements show no gain.
    static let largestPiece = 8 * TLSEngine.largestPlaintext
    /// The smallest chunk, one TLS record.
    static let smallestPiece = 16 << 10

    private let connections = Atomic<Int>(0)

    package init() {}

    /// Counts a new connection.
    package func enter() { connections.add(1, ordering: .relaxed) }

    /// Counts a closed connection.
    package func leave() { connections.subtract(1, ordering: .relaxed) }

    /// The current chunk size in bytes.
    var pieceSize: Int {
        let share = Self.ceiling / (5 * max(1, connections.load(ordering: .relaxed)))
        return min(Self.largestPiece, max(Self.smallestPiece, share & ~0x3FFF))
    }
}
