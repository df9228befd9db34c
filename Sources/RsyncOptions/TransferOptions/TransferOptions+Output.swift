extension TransferOptions {
    /// What is printed.
    package struct Output: Sendable, Equatable {
        /// `-v`, counted.
        package var verbosity = 0
        /// `-q`.
        package var quiet = false
        /// The levels of `--info`.
        package var info = MessageLevels<InfoGroup>()
        /// The levels of `--debug`, which is not sent to the peer.
        package var debug = MessageLevels<DebugGroup>()
        /// `-i`, counted; on a server from `--log-format=%i`.
        package var itemize = 0
        /// Whether each change is printed in a format, that of `--out-format` or `-i`; on a server from `--log-format`.
        package var hasFormat = false
        /// Whether that format has `%o`.
        package var showsOperation = false
        /// `--stats`.
        package var stats = false
        /// `--progress`, which is not sent to the peer.
        package var showsProgress = false
        /// `--stderr`.
        package var messageRoute = MessageRoute.errors
        /// `--remote-option`: what is appended to the options of the server.
        package var remoteOptions: [[UInt8]] = []
        /// Whether this side, when it sends, lists files that grew or shrank while they were read, without taking that
        /// for an error.
        ///
        /// It is not sent to the peer.
        package var listsChangedFiles = false

        /// The level of a group of information messages.
        package func level(_ group: InfoGroup) -> Int {
            if let level = info[group] { return level }
            let implied = MessageLevels<InfoGroup>.implied(group, by: effectiveVerbosity)
            switch group {
            case .stats: return stats ? max(2, implied + 1) : implied
            case .progress: return showsProgress ? 1 : 0
            case .flist: return showsProgress ? 2 : implied
            case .name: return showsProgress ? max(1, implied) : implied
            default: return implied
            }
        }

        /// Whether names of what changed are printed, so that a new destination directory is mentioned.
        package var namesChanges: Bool { level(.name) > 0 || itemize > 0 }

        /// The level of a group of debug messages.
        package func debugLevel(_ group: DebugGroup) -> Int { debug.level(of: group, verbosity: effectiveVerbosity) }

        /// `-q` takes back every `-v`.
        private var effectiveVerbosity: Int { quiet ? 0 : verbosity }
    }
}

/// Where messages go (`--stderr`).
package enum MessageRoute: String, Sendable, CaseIterable {
    /// Errors to standard error, information to standard output.
    ///
    /// Those of a server reach the client on the stream.
    case errors
    /// All of them to the standard error of the process that has them.
    case all
    /// All of them to the client.
    case client
}
