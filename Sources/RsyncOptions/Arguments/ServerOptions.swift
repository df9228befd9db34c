/// What a client's arguments tell a server, but for the paths.
package struct ServerOptions: Sendable, Equatable {
    /// The options of the transfer.
    package var transfer = TransferOptions()
    /// Whether the server sends (the client pulls).
    package var isSender = false
    /// Whether the client sends the rest of its arguments on the stream (`-s`).
    package var isSecluded = false
    /// The letters behind `e` and what stands before them, such as `.iLsfxCIvu`.
    package var capabilities = ""

    package init() {}

    /// The arguments up to the `.` that ends the options; plain text without characters that a shell knows.
    package var words: [String] {
        let told = Self.tellings.filter { $0.reaches(sender: isSender) }
        let letters = told.filter { $0.place == .letters }.map { $0.spelled(transfer) }.joined()
        let words = told.filter { $0.place == .words }.map { $0.spelled(transfer) }.filter { !$0.isEmpty }
        return ["--server"] + (isSender ? ["--sender"] : []) + ["-\(letters)e\(capabilities)"] + words
    }

    private static let tellings = OptionTable.options.compactMap(\.telling).sorted { $0.rank < $1.rank }
}
