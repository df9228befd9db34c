extension TransferOptions {
    /// Limits of this side; they are not sent to the peer.
    package struct Limits: Sendable, Equatable {
        /// The longest time that this side sends nothing.
        ///
        /// Nil leaves it to ``Wire/timeout``.
        package var keepAlive: Duration?
        /// The longest silence of the peer, in whole seconds, judged only by what is received from it: what this side
        /// sends does not count, as it does for ``Wire/timeout``.
        ///
        /// Nil leaves it to ``Wire/timeout``.
        package var silenceLimit: Duration?
        /// The longest file that this side sends or requests, in bytes.
        ///
        /// Nil for any.
        package var largestFile: Int64?
        /// Bytes in memory that the peer's file lists may take on this side.
        ///
        /// Nil for the usual limit.
        package var listMemory: Int?
    }
}
