extension ParameterTable {
    /// docs/daemon.md, which scripts/options generates.
    package static var page: String {
        var text = """
            # The daemon's configuration

            Every parameter of rsyncd.conf(5) of rsync 3.5.0, and what `dvm-rsync --daemon` does with it. This page is made from
            the descriptors in `Sources/RsyncDaemon/Configuration/Parameters` by `scripts/options`.

            - *where*: a "global" parameter concerns the whole daemon; a "module" parameter before the first module, or in
              `[global]`, is the default of the modules that follow.
            - *honoured*: a parameter with "no" keeps the daemon from starting, unless its value is empty or off; the last column
              says why. An unknown parameter is ignored and named in the log. An invalid value keeps the daemon from starting.

            """
        for section in sections {
            text += "\n## \(section.title)\n\n"
            text += "| parameter | where | value | default | what it does | honoured | why not |\n"
            text += "|---|---|---|---|---|---|---|\n"
            for parameter in section.parameters { text += parameter.row }
        }
        return text
    }
}

extension ParameterDescriptor {
    fileprivate var row: String {
        let cells = [
            names.map { "`\($0)`" }.joined(separator: ", "), scope.rawValue, kind.rawValue,
            usual.isEmpty ? "" : "`\(usual)`", note, refusal == nil ? "yes" : "no", refusal ?? "",
        ]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }
}
