public import Checksums

extension TransferOptions {
    /// The wire protocol between the two ends.
    public struct Wire: Sendable, Equatable {
        /// The highest protocol version to offer (`--protocol`), 30 to 32.
        public var protocolVersion: Int32 = 32
        /// `--no-inc-recursive` when false.
        public var incrementalRecursion = true
        /// `-W`, `--no-W`; nil when not given: whole files locally, deltas otherwise.
        public var wholeFile: Bool?
        /// `-B`; 0 for rsync's rule.
        public var blockLength = 0
        /// `-z`, or implied by `--zc` other than none.
        public var compress = false
        /// `--zc`; nil when the ends negotiate.
        public var compressChoice: CompressionAlgorithm?
        /// `--zl`; nil for the algorithm's default.
        public var compressLevel: Int?
        /// `--cc`, first name: block and whole-file sums; nil when the ends negotiate.
        public var checksumChoice: ChecksumAlgorithm?
        /// `--cc`, second name: the sums of `-c`; nil when the same as ``checksumChoice``.
        public var fileChecksumChoice: ChecksumAlgorithm?
        /// `--checksum-seed`; 0 when not given.
        public var checksumSeed: Int32 = 0
        /// `--bwlimit` in KiB/s; 0 for none.
        public var bandwidthLimit: Int64 = 0
        /// `--timeout` in seconds; 0 for none.
        public var timeout = 0
    }
}
