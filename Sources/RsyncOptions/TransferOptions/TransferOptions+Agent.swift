extension TransferOptions {
    /// Options between dvm programs.
    package struct Agent: Sendable, Equatable {
        /// `--dvm-smallest-first`: small files are requested before large ones, which takes the whole file list at
        /// once; only a dvm receiving side knows it.
        package var smallestFirst = false
        /// `--dvm-tally`: the receiving side reports what is in place; only dvm's knows it.
        package var tallies = false
        /// `--dvm-job`: which job the session belongs to, in letters and digits; empty for none.
        ///
        /// Only a dvm-target knows it.
        package var job = ""
        /// `--dvm-notes`, which only a dvm receiving side knows.
        ///
        /// It reports its phases after the data; see `AgentNote` of RsyncWire.
        package var notes = false
        /// `--dvm-labels`: `security.selinux` is copied like other extended attributes; only dvm servers know it.
        package var labels = false
        /// `--dvm-shows-life`: both ends are dvm agents and send keep-alives in every phase; only dvm servers know
        /// it.
        package var sendsKeepAlives = false
    }
}
