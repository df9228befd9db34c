import LinuxSystem

/// Where the client of a daemon comes from that a remote shell, or a program such as stunnel, started.
enum ShellPeer {
    /// The variables that name the client, in the order in which rsync 3.5.0 looks at them (seen with each pair).
    private static let variables = ["REMOTE_HOST", "SSH_CONNECTION", "SSH_CLIENT", "SSH2_CLIENT"]

    /// What stands in logs and refusals for a client without an address, to which no rule of `hosts allow` applies.
    static let unnamed = "localhost"

    /// The client's address: the first word of the first variable that is set; ``unnamed`` if that is not an address,
    /// "0.0.0.0" if no variable is set.
    static func address(in environment: [String: String]) -> String {
        guard let value = variables.lazy.compactMap({ environment[$0] }).first else { return "0.0.0.0" }
        let word = String(value.prefix { $0 != " " })
        return numericAddress(word) == nil ? unnamed : word
    }
}
