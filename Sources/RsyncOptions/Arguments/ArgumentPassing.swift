/// How a client passes arguments to a server, apart from what its options say.
package struct ArgumentPassing: Sendable, Equatable {
    /// `-s`: the server gets its arguments on the stream.
    package var isSecluded = false
    /// `--old-args`: 0 escapes for a shell, 1 leaves paths and remote options as they are, 2 everything.
    package var oldLevel = 0
    /// The values of `-M`, which follow the other options.
    package var remoteOptions: [[UInt8]] = []

    /// Escaped arguments on the command line.
    package init() {}

    /// Quotes the words that follow the program's name for a remote shell, or for a daemon, which unescapes options.
    ///
    /// - Parameter options: The options that were made from the client's own.
    /// - Returns: These and the remote options.
    package func quoted(_ options: [[UInt8]]) -> [[UInt8]] {
        let own = oldLevel > 1 ? options : options.map(ArgumentQuoting.shellWord)
        return own + (oldLevel > 0 ? remoteOptions : remoteOptions.map(ArgumentQuoting.shellWord))
    }
}
