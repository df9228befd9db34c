/// One option of rsync: everything that dvm knows about it, in one place.
///
/// The parsers of client, server and daemon, the command line for a server, `refuse options`, `--help` and
/// docs/options.md are all made from the descriptors in ``OptionTable/sections``.
package struct OptionDescriptor: Sendable {
    /// Long names without dashes, the manual's first; empty for an option with only a letter.
    package let names: [String]
    /// Its letter, if it has one.
    package let letter: Character?
    /// The name of its value in the help; nil when it takes none.
    package let argument: String?
    /// One line of help.
    package let help: String
    /// Its effect on a client's command line.
    package var client: OptionReading<ClientOptions>
    /// Its effect among a server's arguments.
    package var server: OptionReading<ServerOptions>
    /// Its effect after `--daemon`.
    package var daemon = OptionReading<DaemonSettings>.unknown
    /// How a client passes it to a server; nil when it does not.
    package var telling: OptionTelling?
    /// Whether a client's options amount to it, spelled or implied; nil when only its spelling counts for `refuse
    /// options`.
    package var isUsed: (@Sendable (TransferOptions) -> Bool)?
    /// Further names in `refuse options` for it.
    package var alsoRefusedAs: [String] = []

    /// Makes an option from its spellings as in the manual, such as `--block-size=SIZE, -B`.
    init(
        _ spellings: String,
        _ help: String,
        client: OptionReading<ClientOptions>,
        server: OptionReading<ServerOptions> = .clientOnly
    ) {
        var (names, letter, argument) = ([String](), Character?.none, String?.none)
        // Bytes, not characters: every program start runs this.
        for spelling in spellings.utf8.split(separator: UInt8(ascii: " ")) {
            let spelling = spelling.last == UInt8(ascii: ",") ? spelling.dropLast() : spelling
            guard spelling.starts(with: "--".utf8) else {
                letter = spelling.last.map { Character(UnicodeScalar($0)) }
                continue
            }
            let parts = spelling.dropFirst(2).split(separator: UInt8(ascii: "="), maxSplits: 1)
            names.append(String(Substring(parts[0])))
            if argument == nil, parts.count == 2 { argument = String(Substring(parts[1])) }
        }
        (self.names, self.letter, self.argument) = (names, letter, argument)
        self.help = help
        self.client = client
        self.server = server
    }

    /// The spelling in messages: the manual's name, or the letter.
    package var spelling: String { names.first.map { "--\($0)" } ?? letter.map { "-\($0)" } ?? "" }

    /// The spelling with the letter after it, if it has both.
    package var spellingWithLetter: String {
        guard let letter, !names.isEmpty else { return spelling }
        return "\(spelling) (-\(letter))"
    }

    /// Its names in `refuse options`.
    package var refusalWords: [String] { names + alsoRefusedAs + (letter.map { [String($0)] } ?? []) }
}

/// What one of the three command lines does with an option.
package enum OptionReading<State>: Sendable {
    /// Not an option here.
    case unknown
    /// Known, but not honoured; the reason.
    ///
    /// Some have a `--no-` form, which a client accepts, since they are always off.
    case refused(String, mayBeOff: Bool)
    /// Turns something on, or off with `--no-`.
    case toggle(@Sendable (inout State, Bool) -> Void)
    /// Does something; has no `--no-` form.
    case effect(@Sendable (inout State) throws(OptionError) -> Void)
    /// Takes a value; `off` is what its `--no-` form does, if it has one.
    case value(
        @Sendable (inout State, OptionValue) throws(OptionError) -> Void,
        off: (@Sendable (inout State) -> Void)? = nil
    )

    /// For options that are never sent to a server.
    static var clientOnly: OptionReading { .refused("concerns the client only", mayBeOff: false) }
}

/// What is wrong with an argument of a client or a daemon.
package enum OptionError: Error, Equatable, Sendable {
    /// It is invalid (exit code 1).
    case usage(String)
    /// An option of rsync that is not honoured (exit code 4).
    case unsupported(String)
    /// The requested operation failed: a description, and rsync's exit code for it.
    case failed(String, exitCode: Int32)
}
