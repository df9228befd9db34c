import LinuxSystem

extension TransferOptions {
    /// What a client that starts a server for a copy on the same machine tells it besides what servers are always told:
    /// options that concern both sides there (rsync(1), `--copy-as`, `--fake-super`, `--confine-root`, `--drop-D`).
    package var wordsForBothSides: [[UInt8]] {
        var words: [[UInt8]] = []
        if let user = attributes.copyAs { words.append(Array("--copy-as=\(user)".utf8)) }
        if attributes.privileges == .simulated { words.append(Array("--fake-super".utf8)) }
        if attributes.privileges == .none { words.append(Array("--no-super".utf8)) }
        if attributes.dropsDevices { words.append(Array("--drop-D".utf8)) }
        if selection.links.paths.followsAll { words.append(Array("--insecure-links".utf8)) }
        if let limit = selection.links.paths.limit { words.append(Array("--confine-root=".utf8) + limit) }
        return words
    }
}
