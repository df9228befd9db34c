import LinuxSystem
package import RsyncOptions

/// How a client's arguments reach a server.
package enum ArgumentCarrier: Sendable {
    /// Through a remote shell, which removed all quoting.
    case shell
    /// Through the daemon protocol; clients escape option values for it as for a shell.
    case daemon
}

/// A client's request to a server: the argument vector after the program's name (protocol specification, session 2).
package struct ServerArguments: Sendable, Equatable {
    /// The parsed options.
    private var server: ServerOptions
    /// How our client passes them.
    private var passing = ArgumentPassing()
    /// The options that a client used, by their spelling (``OptionRefusals``); empty for our own arguments.
    package private(set) var used: [String] = []
    /// The destination of a push, or the sources of a pull.
    package var paths: [[UInt8]]
    /// Why the arguments cannot be served; those before the offending one are in effect.
    package private(set) var refusal: WireError?
    /// Whether the `.` that ends the options was present; secluded arguments lack it until they are complete.
    package private(set) var isComplete = true

    /// Creates the arguments that our client sends.
    ///
    /// - Parameters:
    ///   - options: The client's options.
    ///   - isSender: Whether the server sends.
    ///   - dialect: The newest dialect that the session may have.
    ///   - paths: At least one; an empty one stands for `.`.
    ///   - passing: How they are passed.
    package init(
        options: TransferOptions,
        isSender: Bool,
        dialect: Dialect = .newest,
        paths: [[UInt8]],
        passing: ArgumentPassing = ArgumentPassing()
    ) {
        self.passing = passing
        server = ServerOptions()
        server.isSecluded = passing.isSecluded
        server.transfer = options
        server.isSender = isSender
        if !isSender, case .names? = options.selection.filesFrom {
            // A receiver need not know where the names come from.
            server.transfer.selection.keepsPaths = options.selection.relative ? true : nil
            server.transfer.selection.filesFrom = nil
        }
        if dialect.hasCompatibilityFlags {
            let isOffered = options.offersIncrementalRecursion(serverSends: isSender)
            server.capabilities = isOffered ? ".iLsfxCIvu" : ".LsfxCIvu"
        }
        self.paths = paths
    }

    /// Parses an argument vector on the server's side.
    ///
    /// Parsing stops at the first argument that is not understood, which becomes ``refusal``: exit code 1 for a server
    /// over a remote shell, 4 for a daemon, which must report it after the handshake (protocol specification, session
    /// 9.4).
    ///
    /// - Parameters:
    ///   - vector: The arguments after the program's name, from `--server` on.
    ///   - carrier: How they arrived.
    package init(parsing vector: [[UInt8]], from carrier: ArgumentCarrier) {
        var parser = ServerParser(vector, isEscaped: carrier == .daemon)
        do throws(ArgumentFlaw) {
            try parser.run()
        } catch {
            refusal =
                switch carrier {
                case .shell: .violation(error.description, exitCode: 1)
                case .daemon:
                    if case .unsupported(let option) = error {
                        .violation(OptionRefusals.text(option), exitCode: 4)
                    } else {
                        .violation("on remote machine: \(error)", exitCode: 4)
                    }
                }
        }
        server = parser.options
        if case .daemon = carrier, refusal == nil, server.log != ServerLog() {
            let option = server.log.file == nil ? "--log-file-format" : "--log-file"
            refusal = .violation(OptionRefusals.text(option), exitCode: 4)
        }
        if case .daemon = carrier {
            if refusal == nil, server.transfer.selection.links.paths.followsAll {
                refusal = .violation(OptionRefusals.text("--insecure-links"), exitCode: 4)
            }
            // A client has no say in what leads where in a module.
            server.transfer.selection.links.paths = PathRule(links: .nobodys, reach: .enclosed(below: nil))
        }
        used = parser.used
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

    /// The capability letters after `e` with their prefix, such as `.iLsfxCIvu`.
    package var capabilities: String { server.capabilities }

    /// The log that the client asks for.
    package var log: ServerLog { server.log }

    /// Whether the client sends the rest of its arguments on the stream (`-s`).
    package var isSecluded: Bool { server.isSecluded }

    /// The whole vector, from `--server` on, without any quoting.
    package var encoded: [[UInt8]] { encodedOptions + [Array(".".utf8)] + paths }

    /// The whole vector for a daemon, which removes one level of backslashes from the options (protocol specification,
    /// session 2.5).
    package var encodedForDaemon: [[UInt8]] { passing.quoted(server.words) + [Array(".".utf8)] + paths }

    /// The vector before the `.` that ends the options, without any quoting.
    package var encodedOptions: [[UInt8]] { server.words + passing.remoteOptions }

    /// The paths; `.` stands for an empty one, which a daemon's module never has.
    private var shownPaths: [[UInt8]] { paths.map { $0.isEmpty ? [UInt8(ascii: ".")] : $0 } }

    // MARK: secluded arguments

    /// The words that follow the server's program on a remote shell's command line.
    package var shellWords: [[UInt8]] {
        guard !isSecluded else { return firstWords }
        let paths = passing.oldLevel > 0 ? shownPaths : shownPaths.map(ArgumentQuoting.shellPath)
        return passing.quoted(server.words) + [Array(".".utf8)] + paths
    }

    /// The part of secluded arguments that stays visible: the letters (protocol specification, session 2.6).
    package var firstWords: [[UInt8]] { server.firstWords }

    /// The part of secluded arguments that goes on the stream; nothing in it is quoted.
    package var secludedWords: [[UInt8]] {
        let paths = shownPaths.map { $0.first == UInt8(ascii: "-") ? Array("./".utf8) + $0 : $0 }
        return server.longWords + passing.remoteOptions + [Array(".".utf8)] + paths
    }

    // MARK: meaning of the letters

    /// The compat flags that a server sends (protocol specification, session 4.2).
    ///
    /// Never among them: symlink conversion (iconv is not supported) and in-place partial directories.
    package var compatibilityFlags: CompatibilityFlags {
        var flags: CompatibilityFlags = [.symlinkTimes]
        if can("i"), options.takesIncrementalRecursion { flags.insert(.incrementalRecursion) }
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
        let own = Dialect.newest
        let parts = capabilities.prefix { $0.isNumber || $0 == "." }.split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, let version = Int32(parts[0]), let sub = Int32(parts[1]), sub != 0 else {
            return own.version
        }
        return own.agreed(with: version, sub: sub).version
    }

    private func can(_ letter: Character) -> Bool { capabilities.contains(letter) }

    /// Whether the client sends a filter list to this server (protocol specification, session 8.1).
    package func expectsFilters(_ dialect: Dialect) -> Bool { isSender || options.sendsFilters(dialect) }
}
