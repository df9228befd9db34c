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

    package init() {}

    /// The arguments up to the `.` that ends the options; plain text without special characters of a shell.
    package var words: [String] { firstWords + longWords }

    /// The mode and the letters: with `-s`, all that a command line shows.
    package var firstWords: [String] {
        let letters = told(.letters).flatMap { $0.spelled(transfer) }.joined()
        let cluster = (isSecluded ? "s" : "") + letters + (capabilities.isEmpty ? "" : "e\(capabilities)")
        return ["--server"] + (isSender ? ["--sender"] : []) + (cluster.isEmpty ? [] : ["-\(cluster)"])
    }

    /// The options that follow the letters.
    package var longWords: [String] {
        told(.words).flatMap { $0.spelled(transfer) }.filter { !$0.isEmpty }
    }

    private func told(_ place: OptionTelling.Place) -> [OptionTelling] {
        Self.tellings.filter { $0.place == place && $0.reaches(sender: isSender) }
    }

    private static let tellings = OptionTable.options.compactMap(\.telling).sorted { $0.rank < $1.rank }

    /// Joins what `--files-from` and `--from0` say.
    mutating func settleFilesFrom() {
        guard let filesFrom else { return }
        transfer.selection.filesFrom =
            filesFrom == [UInt8(ascii: "-")] ? .stream : .file(filesFrom, isNULSeparated: isNULSeparated)
    }
}
