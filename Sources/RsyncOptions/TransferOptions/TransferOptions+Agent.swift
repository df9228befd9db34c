extension TransferOptions {
    /// What only our own programs tell each other.
    public struct Agent: Sendable, Equatable {
        /// `--dvm-smallest-first`: small files are asked for before large ones, which takes the whole file list at once; only our
        /// own receiving side knows it.
        public var smallestFirst = false
        /// `--dvm-tally`: the receiving side tells what is in place; only our own knows it.
        public var tallies = false
        /// `--dvm-job`: which job the session belongs to, in letters and digits; empty for none.
        ///
        /// Only our own target knows it.
        public var job = ""
        /// `--dvm-notes`, which only our own receiving side knows.
        ///
        /// It tells of its phases behind the data; see `AgentNote` of RsyncWire.
        public var notes = false
        /// `--dvm-shows-life`: both ends are of our kind and show life in every phase; only our own servers know it.
        public var showsLife = false
    }
}
