extension OptionTable {
    /// docs/options.md, which scripts/options writes.
    package static var page: String {
        var text = """
            # The options

            Every option of rsync 3.5.0, and what our programs do with it. This page is made from the descriptors in
            `Sources/RsyncOptions/Descriptors`; `scripts/options` writes it anew.

            - *client*: on the command line of `dvm-rsync`. Options that are not honoured end with exit code 4 and the option's name;
              the reason is here. "may be off" means that the form `--no-OPTION` is accepted, since the option is off in any case.
            - *server*: among the arguments of `dvm-rsync --server`, its daemon and `dvm-target`.
            - *sent as*: how a client tells a server; "receiver" and "sender" when only a server in this role is told.
            - *refusable*: the words of `refuse options` for it in a daemon's configuration, apart from its names.

            """
        for section in sections {
            text += "\n## \(section.title)\n\n"
            text += "| option | what it does | `--no-` | client | server | sent as | refusable |\n"
            text += "|---|---|---|---|---|---|---|\n"
            for option in section.options { text += option.row }
        }
        return text
    }
}

extension OptionDescriptor {
    fileprivate var row: String {
        let cells = [
            spellings.map { "`\($0)`" }.joined(separator: ", "), help, hasOffForm ? "yes" : "", described(client),
            described(server), told,
            isUsed == nil ? "" : (["yes"] + alsoRefusedAs.map { "`\($0)`" }).joined(separator: ", "),
        ]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    private var hasOffForm: Bool {
        switch client {
        case .toggle, .value(_, .some), .refused(_, mayBeOff: true): true
        default: false
        }
    }

    private var told: String {
        guard let telling else { return "" }
        let spelled = telling.shown.split(separator: ", ").map { "`\($0)`" }.joined(separator: ", ")
        return switch telling.audience {
        case .all: spelled
        case .receiver: spelled + " (receiver)"
        case .sender: spelled + " (sender)"
        }
    }

    private func described<State>(_ reading: OptionReading<State>) -> String {
        switch reading {
        case .unknown: "unknown"
        case .refused(let reason, mayBeOff: true): "no: \(reason); may be off"
        case .refused(let reason, mayBeOff: false): "no: \(reason)"
        case .toggle, .effect, .value: "yes"
        }
    }
}
