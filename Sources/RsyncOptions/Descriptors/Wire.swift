import Checksums

extension OptionTable {
    /// The wire protocol between the two ends.
    static let wire: [OptionDescriptor] =
        delta + compression + [
            .toggle("--inc-recursive, --i-r", "list directories during the transfer") {
                $0.wire.incrementalRecursion = $1
            },
            .setting(
                "--bwlimit=RATE",
                "rate limit, in KiB/s or with a unit",
                told: .word(100, "--bwlimit=RATE") {
                    $0.wire.bandwidthLimit > 0 ? "--bwlimit=\($0.wire.bandwidthLimit)" : nil
                },
                isUsed: { $0.wire.bandwidthLimit > 0 },
                off: { $0.wire.bandwidthLimit = 0 }
            ) { (options, value) throws(OptionError) in
                options.wire.bandwidthLimit = try value.bandwidth()
            }
            .daemon(
                .value { (settings, value) throws(OptionError) in settings.bandwidthLimit = try value.bandwidth() }
            ),
            .setting(
                "--timeout=SECONDS",
                "I/O timeout in seconds",
                told: .word(90, "--timeout=SECONDS") { $0.wire.timeout > 0 ? "--timeout=\($0.wire.timeout)" : nil },
                isUsed: { $0.wire.timeout > 0 },
                off: { $0.wire.timeout = 0 }
            ) { (options, value) throws(OptionError) in
                options.wire.timeout = try value.number(in: 0...Int(Int32.max))
            },
            .clientSetting("--protocol=NUM", "offer an older version of the protocol") {
                (state, value) throws(OptionError) in
                state.transfer.wire.protocolVersion = try value.number(in: 0...Int32.max)
            },
            OptionDescriptor(
                "--secluded-args, --protect-args, -s",
                "send the arguments to the server on the stream",
                client: .toggle { $0.settings.givenSeclusion = $1 },
                server: .effect { $0.isSecluded = true }
            ),
            OptionDescriptor(
                "--old-args",
                "do not escape paths for the remote shell; twice: escape nothing",
                client: .toggle { $0.settings.givenOldLevel = $1 ? min(2, ($0.settings.givenOldLevel ?? 0) + 1) : 0 }
            ),
            // A check that costs nothing that could be measured is never left out.
            OptionDescriptor(
                "--trust-sender",
                "accepted without effect; the sender's file list is always checked",
                client: .effect { _ in }
            ),
            allocation,
            .unsupported("--iconv=CHARSETS", "convert names", because: "names are bytes", mayBeOff: true),
            .unsupported("--write-batch=FILE", "write a batch file", because: "batch files are not implemented"),
            .unsupported(
                "--only-write-batch=FILE",
                "write a batch file, change nothing",
                because: "batch files are not implemented"
            ),
            .unsupported("--read-batch=FILE", "read a batch file", because: "batch files are not implemented"),
            // A server of rsync 3.5.0 rejects what its client makes of it (protocol specification, session 2.2).
            OptionDescriptor(
                "--qsort",
                "accepted without effect; the order of names is always the same",
                client: .effect { _ in },
                server: .effect { _ in }
            ),
        ]

    private static let delta: [OptionDescriptor] = [
        .toggle(
            "--whole-file, -W",
            "send files whole, without a delta",
            told: .letter(160, "W") { $0.wire.wholeFile == true || $0.wire.checksumChoice == ChecksumAlgorithm.none },
            isUsed: { $0.wire.wholeFile == true }
        ) { $0.wire.wholeFile = $1 },
        .setting(
            "--block-size=SIZE, -B",
            "block length of the delta algorithm",
            told: .word(80, "-BSIZE") { $0.wire.blockLength > 0 ? "-B\($0.wire.blockLength)" : nil },
            isUsed: { $0.wire.blockLength > 0 }
        ) { (options, value) throws(OptionError) in
            options.wire.blockLength = try value.blockLength()
        },
        .setting(
            "--checksum-choice=NAMES, --cc=NAMES",
            "checksum algorithms",
            told: .word(130, "--checksum-choice=NAMES") { $0.wire.checksumWord },
            isUsed: { $0.wire.choosesChecksum }
        ) { (options, value) throws(OptionError) in
            try options.wire.chooseChecksum(value)
        },
        .setting(
            "--checksum-seed=NUM",
            "seed of block checksums",
            told: .word(300, "--checksum-seed=NUM") {
                $0.wire.checksumSeed != 0 ? "--checksum-seed=\($0.wire.checksumSeed)" : nil
            },
            isUsed: { $0.wire.checksumSeed != 0 }
        ) { (options, value) throws(OptionError) in
            options.wire.checksumSeed = try value.number(in: Int32.min...Int32.max)
        },
    ]

    private static let compression: [OptionDescriptor] = [
        .toggle(
            "--compress, -z",
            "compress data on the wire",
            told: .letter(350, "z") {
                let isFree = $0.wire.compressChoice == nil || $0.wire.compressChoice == .zlib
                return $0.wire.compress && !$0.wire.isCompressedByLevel && isFree
            },
            isUsed: { $0.wire.compress }
        ) {
            let isRepeated = $1 && $0.wire.compress && !$0.wire.isCompressedByLevel
            if isRepeated, $0.wire.compressChoice == nil { $0.wire.compressChoice = .zlibx }
            $0.wire.isCompressedByLevel = false
            $0.wire.compress = $1 && $0.wire.compressChoice != CompressionAlgorithm.none
            if !$1 { $0.wire.compressChoice = nil }
        },
        .setting(
            "--compress-choice=NAME, --zc=NAME",
            "compression algorithm",
            told: .word(140, "--compress-choice=NAME, --new-compress, --old-compress") { $0.wire.compressionWord }
        ) { (options, value) throws(OptionError) in
            try options.wire.chooseCompression(value)
        },
        .setting(
            "--compress-level=NUM, --zl=NUM",
            "compression level",
            // A level alone would make the server compress.
            told: .word(40, "--compress-level=NUM") {
                $0.wire.compress ? $0.wire.compressLevel.map { "--compress-level=\($0)" } : nil
            }
        ) { (options, value) throws(OptionError) in
            options.wire.compressLevel = try value.number(in: value.isPlain ? -1_000_000...1_000_000 : -131_072...22)
            if !options.wire.compress { options.wire.isCompressedByLevel = true }
            // Level 0 too: only zlib treats it as "no compression", which the handshake handles.
            options.wire.compress = options.wire.compressChoice != CompressionAlgorithm.none
        },
        compressed("--old-compress", "compress with zlib, matched data too", .zlib),
        compressed("--new-compress", "compress with zlib, literal data only", .zlibx),
        .setting("--compress-threads=NUM, --zt=NUM", "compression threads; has no effect: one is used") {
            (_, value) throws(OptionError) in _ = try value.number(in: Int32.min...Int32.max)
        },
        .setting(
            "--skip-compress=LIST",
            "suffixes of compressed files; has no effect, as in rsync 3.5.0",
            told: .words(271, "--skip-compress=LIST", to: .sender) { options, _ in
                options.wire.uncompressed.map { [Array("--skip-compress=".utf8) + $0] } ?? []
            }
        ) { $0.wire.uncompressed = $1.bytes },
    ]

    /// A server validates the limit, but a client must not choose how much memory it uses.
    private static let allocation: OptionDescriptor = {
        var option = OptionDescriptor(
            "--max-alloc=SIZE",
            "limit of one allocation of rsync; here, more than 1G allows longer file lists",
            client: .value { (state, value) throws(OptionError) in
                state.transfer.limits.listMemory = try state.transfer.wire.limitAllocation(value)
            },
            server: .value { (state, value) throws(OptionError) in
                _ = try state.transfer.wire.limitAllocation(value)
            }
        )
        option.telling = .word(272, "--max-alloc=SIZE") { $0.wire.allocationLimit.map { "--max-alloc=\($0)" } }
        option.isUsed = { $0.wire.allocationLimit != nil }
        return option
    }()

    private static func compressed(_ name: String, _ help: String, _ choice: CompressionAlgorithm) -> OptionDescriptor {
        OptionDescriptor(
            name,
            help,
            client: .effect { $0.transfer.wire.choose(choice) },
            server: .effect { $0.transfer.wire.choose(choice) }
        )
    }
}
