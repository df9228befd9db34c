import Synchronization

/// Shares a fixed amount of memory among the connections of a relay: the more there are, the smaller the pieces.
///
/// A connection has five buffers (see ``RelayBuffer`` and `RecordBuffers`). Their pages are taken when they are first
/// touched and given back when the connection falls silent, so only what moves counts; together they stay below
/// ``ceiling`` as long as pieces are not at their smallest, that is for up to 800 connections.
///
/// ## Concurrency model
/// Two atomic numbers; readers may see a piece size that is a moment old.
package final class RelayMemory: Sendable {
    /// Bytes of all buffers of all connections together.
    static let ceiling = 64 << 20
    /// The most that is moved at once: eight times what is encrypted at once.
    ///
    /// A thread that falls asleep and is woken more rarely costs less; beyond this, measurements gain nothing.
    static let largestPiece = 8 * TLSEngine.largestPlaintext
    /// The least, one TLS record.
    static let smallestPiece = 16 << 10

    private let connections = Atomic<Int>(0)

    package init() {}

    /// Counts a connection that begins.
    package func enter() { connections.add(1, ordering: .relaxed) }

    /// Counts a connection that ends.
    package func leave() { connections.subtract(1, ordering: .relaxed) }

    /// The bytes that one buffer may fill at the moment.
    var pieceSize: Int {
        let share = Self.ceiling / (5 * max(1, connections.load(ordering: .relaxed)))
        return min(Self.largestPiece, max(Self.smallestPiece, share & ~0x3FFF))
    }
}
