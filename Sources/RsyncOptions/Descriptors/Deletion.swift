extension OptionTable {
    /// Deletions at the destination.
    static let deletion: [OptionDescriptor] =
        [
            delete,
            deletion("--delete-before", "delete before anything is transferred", at: .before),
            deletion("--delete-during, --del", "delete in each directory when it is processed", at: .during),
            deletion("--delete-delay", "find deletions during the transfer, delete after it", at: .delayed),
            deletion("--delete-after", "delete after the transfer", at: .after),
            .toggle(
                "--delete-excluded",
                "delete excluded names, too",
                told: .word(190, "--delete-excluded", to: .receiver) {
                    $0.deletion.isOn && $0.deletion.includesExcluded ? "--delete-excluded" : nil
                },
                isUsed: { $0.deletion.includesExcluded },
                off: false
            ) {
                $0.deletion.includesExcluded = $1
                if $1 { $0.deletion.isOn = true }
            },
            .flag(
                "--delete-missing-args",
                "delete destination entries whose source arguments are missing",
                \.deletion.deletesMissingSources,
                off: false,
                told: .word(275)
            ),
            .flag("--ignore-errors", "delete even after read errors", \.deletion.ignoreErrors, told: .word(340)),
            .flag(
                "--force",
                "replace directories even if they are not empty",
                \.deletion.force,
                told: .word(191, to: .receiver)
            ),
            .setting(
                "--max-delete=NUM",
                "delete at most this many entries",
                told: .word(170, "--max-delete=NUM", to: .receiver) {
                    // For servers that take 0 for no limit.
                    $0.deletion.most.map { "--max-delete=\($0 == 0 ? -1 : $0)" }
                },
                isUsed: { $0.deletion.most != nil }
            ) { (options, value) throws(OptionError) in
                options.deletion.most = max(0, try value.number(in: Int32.min...Int32.max))
            },
        ]

    private static var delete: OptionDescriptor {
        var option = OptionDescriptor(
            "--delete",
            "delete what the source does not have",
            client: .effect { $0.transfer.deletion.isOn = true },
            server: .toggle { $0.transfer.deletion.isOn = $1 }
        )
        option.telling = .word(180, "--delete", to: .receiver) {
            $0.deletion.isOn && $0.deletion.time == nil && !$0.deletion.includesExcluded ? "--delete" : nil
        }
        option.isUsed = { $0.deletion.isOn }
        return option
    }

    /// An option that says when deletions happen.
    private static func deletion(
        _ spellings: String,
        _ help: String,
        at time: TransferOptions.Deletion.Time
    ) -> OptionDescriptor {
        var option = OptionDescriptor(
            spellings,
            help,
            client: .effect { (state) throws(OptionError) in try state.transfer.deletion.choose(time) },
            server: .effect { (state) throws(OptionError) in try state.transfer.deletion.choose(time) }
        )
        let word = option.spelling
        option.telling = .word(180, word, to: .receiver) { $0.deletion.isOn && $0.deletion.time == time ? word : nil }
        option.isUsed = { $0.deletion.isOn && $0.deletion.time == time }
        return option
    }
}

extension TransferOptions.Deletion {
    /// Adopts a time; `--delete-delay` is a form of `--delete-during`, all others exclude each other.
    fileprivate mutating func choose(_ time: Time) throws(OptionError) {
        isOn = true
        guard let chosen = self.time, chosen != time else { return self.time = time }
        guard [chosen, time].allSatisfy({ $0 == .during || $0 == .delayed }) else {
            throw .usage("You may not combine multiple --delete-WHEN options.")
        }
        self.time = .delayed
    }
}
