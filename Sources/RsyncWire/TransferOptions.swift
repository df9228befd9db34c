public import Checksums

/// How literal data is compressed on the wire (protocol specification, transfer 13).
public enum CompressionAlgorithm: String, Sendable, CaseIterable {
    case zstd, lz4, zlibx, zlib, none
}

/// The options of a transfer that change what the two ends do (protocol specification, session 2 and transfer 17).
public struct TransferOptions: Sendable, Equatable {
    /// `-r`.
    public var recursive = false
    /// `-l`.
    public var links = false
    /// `-p`.
    public var permissions = false
    /// `-t`.
    public var times = false
    /// `-g`.
    public var group = false
    /// `-o`.
    public var owner = false
    /// `--devices`.
    public var devices = false
    /// `--specials`.
    public var specials = false
    /// `-H`.
    public var hardLinks = false
    /// `-n`.
    public var dryRun = false
    /// `-c`: compare by whole-file checksum.
    public var checksum = false
    /// `-S`.
    public var sparse = false
    /// `-W`, `--no-W`; nil when not said: whole files locally, deltas otherwise.
    public var wholeFile: Bool?
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
    /// `--checksum-seed`; 0 when not said.
    public var checksumSeed: Int32 = 0
    /// `-I`.
    public var ignoreTimes = false
    /// `--size-only`.
    public var sizeOnly = false
    /// `--modify-window`: by how many seconds modification times may differ and still count as equal.
    ///
    /// 0 compares whole seconds, a negative value nanoseconds, too (rsync(1)); nil when not said, which is 0.
    public var modifyWindow: Int32?
    /// Whether, when ``modifyWindow`` is nil, nanoseconds are compared where the protocol has them (31 and later), as far
    /// as the destination's file system keeps them.
    ///
    /// A daemon is asked for it with `--modify-window=-1`.
    public var comparesNanoseconds = false
    /// `-v`, counted.
    public var verbosity = 0
    /// `-q`.
    public var quiet = false
    /// `-i`, counted; on a server from `--log-format=%i`.
    public var itemize = 0
    /// `--delete` in any of its forms; deletion happens during the transfer unless ``deletesBefore``.
    public var delete = false
    /// `--delete-before`: everything is deleted before anything is sent, which takes the whole file list at once.
    public var deletesBefore = false
    /// `--dvm-smallest-first`: small files are asked for before large ones, which takes the whole file list at once; only our
    /// own receiving side knows it.
    public var smallestFirst = false
    /// `--numeric-ids`.
    public var numericIDs = false
    /// `--partial`.
    public var partial = false
    /// `--inplace`.
    public var inPlace = false
    /// `--fsync`: the session is complete only when everything is on the destination's device.
    public var fsync = false
    /// `--dvm-notes`, which only our own receiving side knows.
    ///
    /// It tells of its phases behind the data; see ``AgentNote``.
    public var agentNotes = false
    /// `--stats`.
    public var stats = false
    /// `--bwlimit` in KiB/s; 0 for none.
    public var bandwidthLimit: Int64 = 0
    /// `--timeout` in seconds; 0 for none.
    public var timeout = 0
    /// The longest that this side goes without a sign of life.
    ///
    /// Nil leaves it to ``timeout``. The peer is not told.
    public var keepAlive: Duration?
    /// `--omit-dir-times`.
    public var omitDirectoryTimes = false
    /// `--ignore-errors`.
    public var ignoreErrors = false
    /// `-B`; 0 for rsync's rule.
    public var blockLength = 0
    /// `--exclude`, `--include` in order.
    public var filters = FilterList()
    /// The highest protocol version to offer (`--protocol`), 30 to 32.
    public var protocolVersion: Int32 = 32
    /// `--no-inc-recursive` when false.
    public var incrementalRecursion = true

    /// Makes the options of a bare `rsync SOURCE DESTINATION`.
    public init() {}

    /// Sets what `-a` stands for: `-rlptgoD`.
    public mutating func setArchive() {
        recursive = true
        links = true
        permissions = true
        times = true
        group = true
        owner = true
        devices = true
        specials = true
    }
}
