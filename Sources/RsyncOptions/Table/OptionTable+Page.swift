extension OptionTable {
    /// docs/options.md, which scripts/options generates.
    package static var page: String {
        var text = """
            # The options

            Every option of rsync 3.5.0, and what our programs do with it. This page is made from the descriptors in
            `Sources/RsyncOptions/Descriptors` by `scripts/options`.

            - *client*: on the command line of `dvm-rsync`. An option with "no" ends with exit code 4 and its name; the last column
              says why. "-": not an option of clients.
            - *server*: among the arguments of `dvm-rsync --server`, its daemon and `dvm-target`.
            - *`--no-`*: whether a client has the form `--no-OPTION`. Some are accepted for options that are off in any case.
            - *sent as*: how a client tells a server; "receiver" and "sender" when only a server in this role is told.
            - `refuse options` of a daemon's configuration may name every option of the *server* column, by any of its names.

            """
        for section in sections {
            text += "\n## \(section.title)\n\n"
            text += "| option | what it does | `--no-` | client | server | sent as | why not |\n"
            text += "|---|---|---|---|---|---|---|\n"
            for option in section.options { text += option.row }
        }
        return text
    }
}

extension OptionDescriptor {
    fileprivate var row: String {
        let (atClient, atServer) = (described(client), described(server))
        let cells = [
            spellings.map { "`\($0)`" }.joined(separator: ", "), help, hasOffForm ? "yes" : "", atClient.word,
            atServer.word, sentAs, atClient.reason ?? atServer.reason ?? "",
        ]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    private var hasOffForm: Bool {
        switch client {
        case .toggle, .value(_, .some), .refused(_, mayBeOff: true): true
        default: false
        }
    }

    private var sentAs: String {
        guard let telling else { return "" }
        let spelled = telling.shown.split(separator: ", ").map { "`\($0)`" }.joined(separator: ", ")
        return switch telling.audience {
        case .all: spelled
        case .receiver: spelled + " (receiver)"
        case .sender: spelled + " (sender)"
        }
    }

    private func described<State>(_ reading: OptionReading<State>) -> (word: String, reason: String?) {
        switch reading {
        case .unknown: ("-", nil)
        case .refused(let reason, _): ("no", reason)
        case .toggle, .effect, .value: ("yes", nil)
        }
    }
}
