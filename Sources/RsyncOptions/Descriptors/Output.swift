extension OptionTable {
    /// What is printed.
    static let output: [OptionDescriptor] = levels + changes + streams + information

    private static let levels: [OptionDescriptor] = [
        verbose,
        levels(
            "--info=FLAGS",
            "levels of information; --info=help lists them",
            \.info,
            request: .infoHelp,
            told: .words(460, "--info=FLAGS") { options, serverSends in
                let word = options.output.info.word { $0.isPrinted(bySender: serverSends) }
                return word.map { [Array("--info=\($0)".utf8)] } ?? []
            }
        ),
        levels("--debug=FLAGS", "levels of debug output; --debug=help lists them", \.debug, request: .debugHelp),
        .flag("--quiet, -q", "print errors only", \.output.quiet, off: false, told: .letter(30)),
    ]

    private static let changes: [OptionDescriptor] = [
        OptionDescriptor(
            "--itemize-changes, -i",
            "print every change",
            client: .toggle { $0.transfer.output.itemize = $1 ? $0.transfer.output.itemize + 1 : 0 }
        )
        .withoutEffectOnServer,
        .clientSetting("--out-format=FORMAT", "format of the lines for changes") {
            $0.settings.outFormat = $1.bytes
        }
        .withoutEffectOnServer,
        logFormat,
        OptionDescriptor(
            "--progress",
            "print the progress of each file",
            client: .toggle { $0.transfer.output.showsProgress = $1 }
        )
        .withoutEffectOnServer,
        OptionDescriptor(
            "-P",
            "same as --partial --progress",
            client: .effect {
                $0.transfer.placement.partial = true
                $0.transfer.output.showsProgress = true
            },
            server: .effect { $0.transfer.placement.partial = true }
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
        )
        .withoutEffectOnServer,
        OptionDescriptor(
            "--8-bit-output, -8",
            "do not escape bytes above 127",
            client: .toggle { $0.settings.keepsHighBytes = $1 }
        )
        .withoutEffectOnServer,
    ]

    private static let streams: [OptionDescriptor] = [
        stderr,
        OptionDescriptor(
            "--msgs2stderr",
            "same as --stderr=all; --no-msgs2stderr is --stderr=client",
            client: .toggle { $0.transfer.output.messageRoute = $1 ? .all : .client },
            server: .toggle { $0.transfer.output.messageRoute = $1 ? .all : .client }
        ),
        .clientSetting("--outbuf=MODE", "buffering of the output: N(one), L(ine) or B(lock)") {
            (state, value) throws(OptionError) in
            state.settings.buffering = try value.buffering()
        }
        .withoutEffectOnServer,
        OptionDescriptor(
            "--log-file=FILE",
            "write a log",
            client: .value { $0.settings.logFile = $1.bytes },
            server: .value { $0.log.file = $1.bytes }
        )
        .daemon(.value { $0.logFile = $1.bytes }),
        OptionDescriptor(
            "--log-file-format=FORMAT",
            "format of the log's lines for changes",
            client: .value { $0.settings.logFileFormat = $1.bytes },
            server: .value { $0.log.format = $1.bytes }
        )
        .daemon(.value { $0.logFormat = $1.bytes }),
        OptionDescriptor(
            "--motd",
            "print a daemon's message of the day; --no-motd: neither it nor the modules",
            client: .toggle { $0.settings.showsGreeting = $1 }
        )
        .withoutEffectOnServer,
    ]

    private static let information: [OptionDescriptor] = [
        OptionDescriptor(
            "--version, -V",
            "print the version; twice, as JSON",
            client: .effect { $0.request = $0.request == .version ? .versionData : $0.request ?? .version }
        ),
        OptionDescriptor("--help", "print this help", client: .effect { $0.request = .help })
            .daemon(.effect { $0.asksForHelp = true }),
    ]

    private static var verbose: OptionDescriptor {
        OptionDescriptor.toggle(
            "--verbose, -v",
            "print more; can be repeated",
            told: .letters(20, "-v") { String(repeating: "v", count: min($0.output.verbosity, 9)) }
        ) {
            $0.output.verbosity = $1 ? $0.output.verbosity + 1 : 0
        }
        .daemon(.effect { $0.verbosity += 1 })
    }

    /// `--info` or `--debug`; an item of a newer rsync only changes what is printed, so it is not an error.
    private static func levels<Group: MessageGroup>(
        _ spelling: String,
        _ help: String,
        _ levels: any WritableKeyPath<TransferOptions.Output, MessageLevels<Group>> & Sendable,
        request: ClientOptions.Request,
        told: OptionTelling? = nil
    ) -> OptionDescriptor {
        var option = OptionDescriptor(
            spelling,
            help,
            client: .value({ (state, value) throws(OptionError) in
                for word in state.transfer.output[keyPath: levels].set(value.text) {
                    if word.lowercased() == "help" {
                        state.request = state.request ?? request
                    } else if word.drop(while: \.isLetter).allSatisfy(\.isNumber) {
                        state.settings.warnings.append("unknown --\(Group.option) item: \"\(word)\"")
                    } else {
                        throw .usage("Unknown --\(Group.option) item: \"\(word)\"")
                    }
                }
            }),
            server: .value { (state, value) in
                for word in state.transfer.output[keyPath: levels].set(value.text) {
                    state.warnings.append("unknown --\(Group.option) item: \"\(word)\"")
                }
            }
        )
        option.telling = told
        return option
    }

    private static var stderr: OptionDescriptor {
        .setting(
            "--stderr=MODE",
            "where messages go: e(rrors), a(ll) or c(lient)",
            told: .word(70, "--msgs2stderr, --no-msgs2stderr") {
                switch $0.output.messageRoute {
                case .errors: nil
                case .all: "--msgs2stderr"
                case .client: "--no-msgs2stderr"
                }
            }
        ) { (options, value) throws(OptionError) in
            let route = MessageRoute.allCases.first { !value.bytes.isEmpty && $0.rawValue.hasPrefix(value.text) }
            guard let route else {
                throw .usage("--stderr mode \"\(value.text)\" is not one of errors, all, or client")
            }
            options.output.messageRoute = route
        }
    }

    private static var logFormat: OptionDescriptor {
        var option = OptionDescriptor(
            "--log-format=FORMAT",
            "old name of --out-format",
            client: .value { $0.settings.outFormat = $1.bytes },
            server: .value { (state, value) in
                let format = value.text
                state.transfer.output.itemize = format.contains("%i%I") ? 2 : format.contains("%i") ? 1 : 0
                state.transfer.output.showsOperation = format.contains("%o")
                state.transfer.output.hasFormat = true
            }
        )
        option.telling = .word(60, "--log-format=%i, --log-format=%i%I, --log-format=%o, --log-format=X", to: .receiver)
        {
            let output = $0.output
            if output.itemize > 0 { return output.itemize > 1 ? "--log-format=%i%I" : "--log-format=%i" }
            if output.showsOperation { return "--log-format=%o" }
            let printsChanges = output.hasFormat || output.level(.name) > 0
            return printsChanges && output.verbosity == 0 ? "--log-format=X" : nil
        }
        return option
    }
}

/// When standard output is written (`--outbuf`).
package enum OutputBuffering: Sendable {
    case none, line, block
}

extension OptionValue {
    /// A mode of `--outbuf` by its first letter.
    fileprivate func buffering() throws(OptionError) -> OutputBuffering {
        switch text.lowercased().first {
        case "n", "u": .none
        case "l": .line
        case "b", "f": .block
        default: throw .usage("Invalid --outbuf setting -- specify N, L, or B.")
        }
    }
}
