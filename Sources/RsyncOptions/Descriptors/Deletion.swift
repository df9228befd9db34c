extension OptionTable {
    /// Deletions at the destination.
    static let deletion: [OptionDescriptor] =
        [delete, deleteBefore] + [
            OptionDescriptor(
                "--delete-during, --del",
                "same as --delete: deletion happens during the transfer",
                client: .effect { $0.transfer.deletion.isOn = true },
                server: .toggle { $0.transfer.deletion.isOn = $1 }
            ),
            .unsupported(
                "--delete-delay",
                "find deletions during the transfer, delete after it",
                because: "not implemented"
            ),
            .unsupported("--delete-after", "delete after the transfer", because: "not implemented"),
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
            .unsupported(
                "--delete-missing-args",
                "delete the destination of missing sources",
                because: "not implemented"
            ),
            .flag("--ignore-errors", "delete even after read errors", \.deletion.ignoreErrors, told: .word(340)),
            .unsupported(
                "--force",
                "replace directories that are not empty",
                because: "not without --delete",
                mayBeOff: true
            ),
            .unsupported("--max-delete=NUM", "delete no more than a number of entries", because: "not implemented"),
        ]

    private static var delete: OptionDescriptor {
        var option = OptionDescriptor(
            "--delete",
            "delete what the source does not have",
            client: .effect { $0.transfer.deletion.isOn = true },
            server: .toggle { $0.transfer.deletion.isOn = $1 }
        )
        option.telling = .word(180, "--delete", to: .receiver) {
            $0.deletion.isOn && !$0.deletion.isBefore ? "--delete" : nil
        }
        option.isUsed = { $0.deletion.isOn }
        // A server does not distinguish these.
        option.alsoRefusedAs = ["delete-during", "del"]
        return option
    }

    private static var deleteBefore: OptionDescriptor {
        var option = OptionDescriptor(
            "--delete-before",
            "delete before anything is transferred",
            client: .refused("only agents ask for it", mayBeOff: false),
            server: .toggle {
                $0.transfer.deletion.isOn = $1
                $0.transfer.deletion.isBefore = $1
            }
        )
        option.telling = .word(180, "--delete-before", to: .receiver) {
            $0.deletion.isOn && $0.deletion.isBefore ? "--delete-before" : nil
        }
        option.isUsed = { $0.deletion.isOn && $0.deletion.isBefore }
        return option
    }
}
