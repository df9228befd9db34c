extension OptionTable {
    /// What is printed.
    static let output: [OptionDescriptor] =
        [verbose, logFormat] + [
            .flag("--quiet, -q", "print errors only", \.output.quiet, off: false, told: .letter(30)),
            .clientSetting("--info=FLAGS", "fine-grained output control, such as progress2,stats") {
                (state, value) throws(OptionError) in
                try state.setInfo(value)
            },
            .unsupported("--debug=FLAGS", "fine-grained debug output", because: "not implemented"),
            .unsupported("--stderr=MODE", "where messages go", because: "errors go to standard error"),
            .unsupported(
                "--msgs2stderr, --no-msgs2stderr",
                "old form of --stderr",
                because: "errors go to standard error"
            ),
            .unsupported("--no-motd", "do not print a daemon's greeting", because: "not implemented"),
            OptionDescriptor(
                "--itemize-changes, -i",
                "print every change",
                client: .toggle { $0.transfer.output.itemize = $1 ? $0.transfer.output.itemize + 1 : 0 }
            ),
            .clientSetting("--out-format=FORMAT", "format of the lines for changes") {
                $0.settings.outFormat = $1.bytes
            },
            OptionDescriptor(
                "--progress",
                "print the progress of each file",
                client: .toggle { $0.settings.progress = $1 ? .files : .none }
            ),
            OptionDescriptor(
                "-P",
                "same as --partial --progress",
                client: .effect {
                    $0.transfer.placement.partial = true
                    $0.settings.progress = .files
                }
            ),
            .flag(
                "--stats",
                "print statistics at the end",
                \.output.stats,
                off: false,
                told: .word(240, to: .receiver)
            ),
            OptionDescriptor(
                "--human-readable, -h",
                "numbers with units (-h alone is help)",
                client: .toggle { $0.settings.humanLevel = $1 ? min(3, $0.settings.humanLevel + 1) : 0 }
            ),
            .unsupported("--8-bit-output, -8", "do not escape bytes above 127", because: "UTF-8 is never escaped"),
            .unsupported("--outbuf=MODE", "buffering of the output", because: "lines are never held back"),
            .clientSetting("--log-file=FILE", "write a log") { $0.settings.logFile = $1.bytes }
                .daemon(.value { $0.logFile = $1.bytes }),
            .unsupported("--log-file-format=FORMAT", "format of the log's lines", because: "not implemented")
                .daemon(.value { $0.logFormat = $1.bytes }),
            OptionDescriptor("--version, -V", "print the version", client: .effect { $0.request = .version }),
            OptionDescriptor("--help", "print this", client: .effect { $0.request = .help })
                .daemon(.effect { $0.asksForHelp = true }),
        ]

    private static var verbose: OptionDescriptor {
        var option = OptionDescriptor.toggle("--verbose, -v", "print more; may be repeated") {
            $0.output.verbosity = $1 ? $0.output.verbosity + 1 : 0
        }
        option.telling = .letters(20, "-v") {
            String(repeating: "v", count: min($0.output.verbosity, 9))
        }
        return option.daemon(.effect { $0.verbosity += 1 })
    }

    private static var logFormat: OptionDescriptor {
        var option = OptionDescriptor(
            "--log-format=FORMAT",
            "old name of --out-format",
            client: .refused("use --out-format", mayBeOff: false),
            server: .value { (state, value) in
                let format = value.text
                state.transfer.output.itemize = format.contains("%i%I") ? 2 : format.contains("%i") ? 1 : 0
            }
        )
        option.telling = .word(60, "--log-format=%i, --log-format=%i%I", to: .receiver) {
            let itemize = $0.output.itemize
            return itemize > 1 ? "--log-format=%i%I" : itemize > 0 ? "--log-format=%i" : nil
        }
        return option
    }
}
