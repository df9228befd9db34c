extension OptionTable {
    /// When a file counts as unchanged.
    static let comparison: [OptionDescriptor] = [
        .flag(
            "--checksum, -c",
            "compare files by checksum, not size and time",
            \.comparison.checksum,
            told: .letter(290)
        ),
        .flag(
            "--ignore-times, -I",
            "transfer files even if size and time are equal",
            \.comparison.ignoreTimes,
            off: false,
            told: .letter(310)
        ),
        .flag(
            "--size-only",
            "compare files by size only",
            \.comparison.sizeOnly,
            off: false,
            told: .word(230, to: .receiver)
        ),
        .setting(
            "--modify-window=NUM, -@",
            "tolerance in seconds when comparing times; -1: compare nanoseconds",
            // The short form, which rsync sends for negative values, is unknown to servers before 3.1.3.
            told: .word(290, "--modify-window=NUM", to: .receiver) {
                $0.comparison.modifyWindow.map { "--modify-window=\($0)" }
            },
            isUsed: { $0.comparison.modifyWindow != nil }
        ) { (options, value) throws(OptionError) in
            options.comparison.modifyWindow = try value.number(in: Int32.min...Int32.max)
        },
        .flag(
            "--update, -u",
            "skip files that are newer at the destination",
            \.comparison.update,
            told: .letter(50)
        ),
        .flag(
            "--existing, --ignore-non-existing",
            "create nothing that does not exist at the destination",
            \.comparison.existing,
            off: false,
            told: .word(420, to: .receiver)
        ),
        .flag(
            "--ignore-existing",
            "update nothing that exists at the destination",
            \.comparison.ignoreExisting,
            off: false,
            told: .word(410, to: .receiver)
        ),
    ]
}
