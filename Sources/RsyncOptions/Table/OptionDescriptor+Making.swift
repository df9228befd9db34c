/// A flag of the options.
typealias OptionFlag = any WritableKeyPath<TransferOptions, Bool> & Sendable

extension OptionDescriptor {
    /// An option that is on or off, for client and server alike; with `off`, a client knows its `--no-` form.
    static func flag(
        _ spellings: String,
        _ help: String,
        _ flag: OptionFlag,
        off: Bool = true,
        told: FlagTelling? = nil
    ) -> OptionDescriptor {
        var option = OptionDescriptor(
            spellings,
            help,
            client: off
                ? .toggle { $0.transfer[keyPath: flag] = $1 } : .effect { $0.transfer[keyPath: flag] = true },
            server: .toggle { $0.transfer[keyPath: flag] = $1 }
        )
        option.isUsed = { $0[keyPath: flag] }
        switch told {
        case nil: break
        case .letter(let rank, let audience):
            option.telling = option.letter.map { .letter(rank, $0, to: audience) { $0[keyPath: flag] } }
        case .word(let rank, let audience):
            let word = option.spelling
            option.telling = .word(rank, word, to: audience) { $0[keyPath: flag] ? word : nil }
        }
        return option
    }

    /// An option without a value that client and server handle alike; with `off`, a client knows its `--no-` form.
    static func toggle(
        _ spellings: String,
        _ help: String,
        told: OptionTelling? = nil,
        isUsed: (@Sendable (TransferOptions) -> Bool)? = nil,
        off: Bool = true,
        _ set: @escaping @Sendable (inout TransferOptions, Bool) -> Void
    ) -> OptionDescriptor {
        var option = OptionDescriptor(
            spellings,
            help,
            client: off ? .toggle { set(&$0.transfer, $1) } : .effect { set(&$0.transfer, true) },
            server: .toggle { set(&$0.transfer, $1) }
        )
        option.telling = told
        option.isUsed = isUsed
        return option
    }

    /// An option with a value that client and server read alike; `off` is what its `--no-` form does, if it has one.
    static func setting(
        _ spellings: String,
        _ help: String,
        told: OptionTelling? = nil,
        isUsed: (@Sendable (TransferOptions) -> Bool)? = nil,
        off: (@Sendable (inout TransferOptions) -> Void)? = nil,
        _ read: @escaping @Sendable (inout TransferOptions, OptionValue) throws(OptionError) -> Void
    ) -> OptionDescriptor {
        var turnOff: (@Sendable (inout ClientOptions) -> Void)?
        if let off { turnOff = { off(&$0.transfer) } }
        let readByClient: @Sendable (inout ClientOptions, OptionValue) throws(OptionError) -> Void = {
            (state, value) throws(OptionError) in try read(&state.transfer, value)
        }
        var option = OptionDescriptor(
            spellings,
            help,
            client: .value(readByClient, off: turnOff),
            server: .value { (state, value) throws(OptionError) in try read(&state.transfer, value) }
        )
        option.telling = told
        option.isUsed = isUsed
        return option
    }

    /// An option with a value that stays on the client.
    static func clientSetting(
        _ spellings: String,
        _ help: String,
        off: (@Sendable (inout ClientOptions) -> Void)? = nil,
        _ read: @escaping @Sendable (inout ClientOptions, OptionValue) throws(OptionError) -> Void
    ) -> OptionDescriptor {
        OptionDescriptor(spellings, help, client: .value(read, off: off))
    }

    /// The same for a client; a server that gets it with `--remote-option` takes it as rsync does, but prints nothing.
    var withoutEffectOnServer: OptionDescriptor {
        var option = self
        switch client {
        case .value: option.server = .value({ _, _ in }, off: { _ in })
        case .toggle, .effect, .unknown, .refused: option.server = .toggle { _, _ in }
        }
        return option
    }

    /// An option of rsync that is refused by name, with the reason.
    ///
    /// With `mayBeOff`, a client may turn it off, which has no effect.
    static func unsupported(
        _ spellings: String,
        _ help: String,
        because reason: String,
        mayBeOff: Bool = false
    ) -> OptionDescriptor {
        OptionDescriptor(
            spellings,
            help,
            client: .refused(reason, mayBeOff: mayBeOff),
            server: .refused(reason, mayBeOff: mayBeOff)
        )
    }

    /// An option between dvm programs.
    static func agentFlag(_ name: String, _ help: String, _ flag: OptionFlag, told: OptionTelling) -> OptionDescriptor {
        var option = OptionDescriptor(
            name,
            help,
            client: .unknown,
            server: .toggle { $0.transfer[keyPath: flag] = $1 }
        )
        option.telling = told
        return option
    }

    /// An option of a daemon's command line.
    static func daemonSetting(
        _ spellings: String,
        _ help: String,
        _ reading: OptionReading<DaemonSettings>
    ) -> OptionDescriptor {
        var option = OptionDescriptor(spellings, help, client: .unknown, server: .unknown)
        // Letters stand for other options without --daemon.
        if option.letter == nil { option.server = .refused("concerns a daemon only", mayBeOff: false) }
        option.daemon = reading
        return option
    }

    /// The same option, passed to servers.
    func told(_ telling: OptionTelling, isUsed: @escaping @Sendable (TransferOptions) -> Bool) -> OptionDescriptor {
        var option = self
        option.telling = telling
        option.isUsed = isUsed
        return option
    }

    /// The same option, with its effect on a daemon's command line.
    func daemon(_ reading: OptionReading<DaemonSettings>) -> OptionDescriptor {
        var option = self
        option.daemon = reading
        return option
    }
}
