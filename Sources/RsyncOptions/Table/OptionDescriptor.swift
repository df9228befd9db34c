/// One option of rsync: everything that our programs know of it, in one place.
///
/// The parsers of client, server and daemon, the command line for a server, `refuse options`, `--help` and docs/options.md are
/// all made from the descriptors in ``OptionTable/sections``.
package struct OptionDescriptor: Sendable {
    /// Long names without dashes, the manual's first; empty for an option that is a letter only.
    package let names: [String]
    /// Its letter, if it has one.
    package let letter: Character?
    /// What help calls its value; nil when it takes none.
    package let argument: String?
    /// What it does, in one line.
    package let help: String
    /// What it does on a client's command line.
    package var client: OptionReading<ClientOptions>
    /// What it does among a server's arguments.
    package var server: OptionReading<ServerOptions>
    /// What it does behind `--daemon`.
    package var daemon = OptionReading<DaemonSettings>.unknown
    /// How a client tells a server; nil when it does not.
    package var telling: OptionTelling?
    /// Whether a client's arguments use it; nil when `refuse options` may not name it.
    package var isUsed: (@Sendable (TransferOptions) -> Bool)?
    /// Further words of `refuse options` for it.
    package var alsoRefusedAs: [String] = []

    /// Makes an option from its spellings as in the manual, such as `--block-size=SIZE, -B`.
    init(
        _ spellings: String,
        _ help: String,
        client: OptionReading<ClientOptions>,
        server: OptionReading<ServerOptions> = .clientOnly
    ) {
        var (names, letter, argument) = ([String](), Character?.none, String?.none)
        // Bytes, not characters: every start of a program goes through this.
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

    /// The spelling that messages use: the manual's name, or the letter.
    package var spelling: String { names.first.map { "--\($0)" } ?? letter.map { "-\($0)" } ?? "" }

    /// The spelling with the letter behind it, if it has both.
    package var spellingWithLetter: String {
        guard let letter, !names.isEmpty else { return spelling }
        return "\(spelling) (-\(letter))"
    }

    /// The words of `refuse options` that stand for it.
    package var refusalWords: [String] { names + alsoRefusedAs + (letter.map { [String($0)] } ?? []) }
}

/// What one of the three command lines does with an option.
package enum OptionReading<State>: Sendable {
    /// Not an option here.
    case unknown
    /// Known, and not honoured: why.
    ///
    /// Some have a `--no-` form, which a client accepts, since they are off in any case.
    case refused(String, mayBeOff: Bool)
    /// Turns something on, or off behind `--no-`.
    case toggle(@Sendable (inout State, Bool) -> Void)
    /// Does something; has no `--no-` form.
    case effect(@Sendable (inout State) throws(OptionError) -> Void)
    /// Takes a value; `off` is what its `--no-` form does, if it has one.
    case value(
        @Sendable (inout State, OptionValue) throws(OptionError) -> Void,
        off: (@Sendable (inout State) -> Void)? = nil
    )

    /// For what a server is never told.
    static var clientOnly: OptionReading { .refused("concerns the client only", mayBeOff: false) }
}

/// What is wrong with an argument of a client or a daemon.
package enum OptionError: Error, Equatable, Sendable {
    /// It makes no sense (exit code 1).
    case usage(String)
    /// rsync knows the option, we do not honour it (exit code 4).
    case unsupported(String)
    /// What it asks for cannot be done: what, and rsync's exit code for it.
    case failed(String, exitCode: Int32)
}
