extension TransferOptions {
    /// Bounds that this side keeps to; the peer is not told.
    public struct Limits: Sendable, Equatable {
        /// The longest that this side goes without a sign of life.
        ///
        /// Nil leaves it to ``Wire/timeout``.
        public var keepAlive: Duration?
        /// The longest silence of the peer, in whole seconds, judged by what comes from it alone: what this side sends does not
        /// count, as it does for ``Wire/timeout``.
        ///
        /// Nil leaves it to ``Wire/timeout``.
        public var silenceLimit: Duration?
        /// The longest file that this side sends or asks for, in bytes.
        ///
        /// Nil for any.
        public var largestFile: Int64?
        /// Bytes in memory that the peer's file lists may take on this side.
        ///
        /// Nil for the usual limit.
        public var listMemory: Int?
    }
}
