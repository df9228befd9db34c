/// The line for an error, as rsync prints it.
package enum ErrorLine {
    /// The beginnings of errors that rsync prints without its name.
    private static let whole = [
        "rsync: ", "@ERROR", "ERROR: ", "The temp-dir ", "Your options ", "pre-xfer exec ", "stopping ",
        "protocol version mismatch ", "Unknown filter rule: ", "unexpected end of filter rule: ",
        "invalid modifier ",
        "'!' rule has trailing characters: ", "unknown checksum name: ", "unknown compress name: ",
        "No colon found in ",
        "All source args must come ", "The source and destination cannot both ", "Unexpected local arg: ",
    ]

    /// The lines for a description, which may be several: the last has the name, or else the first gets it.
    package static func of(_ text: String) -> String {
        let hasName = text.split(separator: "\n").last?.hasPrefix("rsync: ") ?? false
        return hasName || whole.contains { text.hasPrefix($0) } ? text : "rsync: \(text)"
    }
}
