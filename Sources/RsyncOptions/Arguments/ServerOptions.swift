/// The options in a client's arguments for a server, without the paths.
package struct ServerOptions: Sendable, Equatable {
    /// The options of the transfer.
    package var transfer = TransferOptions()
    /// Whether the server sends (the client pulls).
    package var isSender = false
    /// Whether the client sends the rest of its arguments on the stream (`-s`).
    package var isSecluded = false
    /// The value of `--files-from`: `-` when the client sends the names.
    package var filesFrom: [UInt8]?
    /// Whether names in a file of the server end with a NUL (`--from0`).
    package var isNULSeparated = false
    /// The letters after `e` and what precedes them, such as `.iLsfxCIvu`; empty for none.
    package var capabilities = ""
    /// The log of a server over a remote shell (`-M--log-file`).
    package var log = ServerLog()
    /// What a server prints before anything else: about an item of `--info` that it does not know.
    package var warnings: [String] = []

    package init() {}

    /// The arguments up to the `.` that ends the options, without any quoting.
    package var words: [[UInt8]] { firstWords + longWords }

    /// The mode and the letters: with `-s`, all that a command line shows.
    package var firstWords: [[UInt8]] {
        let capabilities = Array((capabilities.isEmpty ? "" : "e\(capabilities)").utf8)
        let letters = Array((isSecluded ? "s" : "").utf8) + spelled(.letters).joined() + capabilities
        let mode = isSender ? ["--server", "--sender"] : ["--server"]
        return mode.map { Array($0.utf8) } + (letters.isEmpty ? [] : [[UInt8(ascii: "-")] + letters])
    }

    /// The options that follow the letters.
    package var longWords: [[UInt8]] { spelled(.words) }

    private func spelled(_ place: OptionTelling.Place) -> [[UInt8]] {
        let told = Self.tellings.filter { $0.place == place && $0.reaches(sender: isSender) }
        return told.flatMap { $0.spelled(transfer, isSender) }
    }

    private static let tellings = OptionTable.options.compactMap(\.telling).sorted { $0.rank < $1.rank }

    /// Joins what `--files-from` and `--from0` say.
    mutating func settleFilesFrom() {
        guard let filesFrom else { return }
        transfer.selection.filesFrom =
            filesFrom == [UInt8(ascii: "-")] ? .stream : .file(filesFrom, isNULSeparated: isNULSeparated)
    }
}

/// A log that a client asks its server to write; never a daemon (protocol specification, session 11).
package struct ServerLog: Sendable, Equatable {
    /// The value of `--log-file`.
    package var file: [UInt8]?
    /// The value of `--log-file-format`; nil for that of `-i`.
    package var format: [UInt8]?

    package init() {}
}
