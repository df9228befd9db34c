package import Checksums

extension TransferOptions {
    /// The wire protocol between the two ends.
    package struct Wire: Sendable, Equatable {
        /// The highest protocol version to offer (`--protocol`); nil for the newest.
        package var protocolVersion: Int32?
        /// `--no-inc-recursive` when false.
        package var incrementalRecursion = true
        /// `-W`, `--no-W`; nil when not given: whole files locally, deltas otherwise.
        package var wholeFile: Bool?
        /// `-B`; 0 for rsync's rule.
        package var blockLength = 0
        /// `-z`, or implied by `--zc` other than none.
        package var compress = false
        /// Whether only `--compress-level` has asked for compression, which a server is not told with a letter.
        package var isCompressedByLevel = false
        /// `--zc`; nil when the ends negotiate.
        package var compressChoice: CompressionAlgorithm?
        /// `--zl`; nil for the algorithm's default.
        package var compressLevel: Int?
        /// `--skip-compress` as it was written, which is only passed on; nil when not given.
        package var uncompressed: [UInt8]?
        /// `--cc`, first name: block and whole-file sums; nil when the ends negotiate.
        package var checksumChoice: ChecksumAlgorithm?
        /// `--cc`, second name: the sums of `-c`; nil when the same as ``checksumChoice``.
        package var fileChecksumChoice: ChecksumAlgorithm?
        /// Whether `--cc` has two names: nothing is negotiated then, and nil stands for the version's default.
        package var separatesChecksums = false
        /// `--checksum-seed`; 0 when not given.
        package var checksumSeed: Int32 = 0
        /// `--bwlimit` in KiB/s; 0 for none.
        package var bandwidthLimit: Int64 = 0
        /// `--timeout` in seconds; 0 for none.
        package var timeout = 0
        /// `--stop-after` or `--stop-at`; it stays on the side that it is given to.
        package var stop: StopTime?
        /// `--max-alloc` as it was written; nil for rsync's default, 1 GiB.
        package var allocationLimit: String?

        /// Whether `--cc` leaves nothing to negotiate.
        package var choosesChecksum: Bool { checksumChoice != nil || separatesChecksums }
    }
}

extension TransferOptions {
    /// Whether files are to be compared by checksums (`-c`) that `--cc` turned off.
    package var lacksFileChecksum: Bool {
        let choice = wire.separatesChecksums ? wire.fileChecksumChoice : wire.checksumChoice
        return comparison.checksum && choice == ChecksumAlgorithm.none
    }
}
