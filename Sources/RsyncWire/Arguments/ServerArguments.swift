package import RsyncOptions

/// Who carries a client's arguments to a server.
package enum ArgumentCarrier: Sendable {
    /// A remote shell, which removed all quoting.
    case shell
    /// Our daemon's protocol; clients escape option values for it as for a shell.
    case daemon
}

/// What a client asks of a server: the argument vector behind the program's name (protocol specification, session 2).
package struct ServerArguments: Sendable, Equatable {
    /// The parsed options.
    private var server: ServerOptions
    /// The destination of a push, or the sources of a pull.
    package var paths: [[UInt8]]
    /// Why the arguments cannot be served; what came before the offending one is in effect.
    package private(set) var refusal: WireError?
    /// Whether the `.` that ends the options was there; secluded arguments lack it until they are complete.
    package private(set) var isComplete = true

    /// Makes the arguments that a client of ours sends.
    ///
    /// - Parameters:
    ///   - options: The client's options.
    ///   - isSender: Whether the server sends.
    ///   - paths: At least one; an empty one stands for `.`.
    package init(options: TransferOptions, isSender: Bool, paths: [[UInt8]]) {
        server = ServerOptions()
        server.transfer = options
        server.isSender = isSender
        server.capabilities = options.offersIncrementalRecursion ? ".iLsfxCIvu" : ".LsfxCIvu"
        self.paths = paths.map { $0.isEmpty ? [UInt8(ascii: ".")] : $0 }
    }

    /// Reads an argument vector on the server's side.
    ///
    /// Reading stops at the first argument that is not understood, which becomes ``refusal``: exit code 1 for a server
    /// of a shell, 4 for a daemon, which must tell it after the handshake (protocol specification, session 9.4).
    ///
    /// - Parameters:
    ///   - vector: The arguments behind the program's name, from `--server` on.
    ///   - carrier: Where they came from.
    package init(parsing vector: [[UInt8]], from carrier: ArgumentCarrier) {
        var parser = ServerParser(vector, isEscaped: carrier == .daemon)
        do throws(ArgumentFlaw) {
            try parser.run()
        } catch {
            refusal =
                switch carrier {
                case .shell: .violation(error.description, exitCode: 1)
                case .daemon: .violation("on remote machine: \(error)", exitCode: 4)
                }
        }
        server = parser.options
        paths = parser.paths
        isComplete = parser.isComplete
    }

    /// The options that the server needs to know.
    package var options: TransferOptions {
        get { server.transfer }
        set { server.transfer = newValue }
    }

    /// Whether the server sends (the client pulls).
    package var isSender: Bool { server.isSender }

    /// The letters after `e` and what precedes them, such as `.iLsfxCIvu`.
    package var capabilities: String { server.capabilities }

    /// Whether the client sends the rest of its arguments on the stream (`-s`).
    package var isSecluded: Bool { server.isSecluded }

    /// The whole vector, from `--server` on, without any quoting.
    package var encoded: [[UInt8]] { (encodedOptions + ["."]).map { Array($0.utf8) } + paths }

    /// The vector up to the `.` that ends the options; plain text without special characters of a shell.
    package var encodedOptions: [String] { server.words }

    // MARK: what the letters mean

    /// The flags that a server answers with (protocol specification, session 4.2).
    ///
    /// Never among them: symlink conversion (there is no iconv here) and in-place partial directories.
    package var compatibilityFlags: CompatibilityFlags {
        var flags: CompatibilityFlags = [.symlinkTimes]
        if can("i"), options.offersIncrementalRecursion { flags.insert(.incrementalRecursion) }
        if can("f") { flags.insert(.safeFileList) }
        if can("x") { flags.insert(.avoidXattrOptimization) }
        if can("C") { flags.insert(.checksumSeedFix) }
        if can("v") { flags.insert(.varintFileListFlags) }
        if can("u") { flags.insert(.idZeroNames) }
        return flags
    }

    /// The version that a server announces: lower for a client that is a pre-release (protocol specification, session
    /// 4.1).
    package var announcedVersion: Int32 {
        let own = Dialect.newest.version
        let parts = capabilities.prefix { $0.isNumber || $0 == "." }.split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, let version = Int32(parts[0]), let sub = Int32(parts[1]), sub != 0 else { return own }
        if version == own { return own - 1 }
        return version < own ? version - 1 : own
    }

    private func can(_ letter: Character) -> Bool { capabilities.contains(letter) }

    /// Whether the client sends a filter list to this server (protocol specification, session 8.1).
    package var expectsFilters: Bool { isSender || options.deletion.isOn }
}
