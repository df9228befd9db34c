/// The command of a remote shell, in the syntax of `-e` and `RSYNC_RSH`.
package enum ShellCommand {
    /// Splits the text of `-e` into words: at blanks, with single and double quotes; a quote that is doubled inside of
    /// its own kind stands for itself.
    package static func words(of command: [UInt8]) throws(CommandError) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var quote: UInt8?
        var rest = command[...]
        while let byte = rest.popFirst() {
            if let open = quote {
                if byte == open, rest.first != open {
                    quote = nil
                } else {
                    if byte == open { rest.removeFirst() }
                    word = (word ?? []) + [byte]
                }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
                word = word ?? []
            } else if byte == UInt8(ascii: " ") {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? []) + [byte]
            }
        }
        guard quote == nil else { throw .usage("Missing trailing-quote in remote-shell command.") }
        if let word { words.append(word) }
        guard !words.isEmpty else { throw .usage("the remote-shell command is empty") }
        return words
    }
}
