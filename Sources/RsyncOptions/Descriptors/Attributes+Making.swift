extension OptionTable {
    static var executability: OptionDescriptor {
        var option = OptionDescriptor.flag(
            "--executability, -E",
            "without -p: keep whether files are executable",
            \.attributes.executability,
            off: false
        )
        option.telling = .letter(250, "E", to: .receiver) {
            $0.attributes.executability && !$0.attributes.permissions
        }
        return option
    }

    static var chmod: OptionDescriptor {
        OptionDescriptor(
            "--chmod=CHANGES",
            "change permissions in transit, such as D755,Fgo-w,+X",
            client: .value { (state, value) throws(OptionError) in
                try state.transfer.attributes.add(modeChanges: value)
            },
            server: .value { (state, value) throws(OptionError) in
                try state.transfer.attributes.add(modeChanges: value)
            }
        )
    }

    static var fakeSuper: OptionDescriptor {
        var option = OptionDescriptor(
            "--fake-super",
            "keep owners, devices, modes and ACLs in extended attributes",
            client: .effect { $0.transfer.attributes.privileges = .simulated },
            server: .effect { $0.transfer.attributes.privileges = .simulated }
        )
        option.isUsed = { $0.attributes.privileges == .simulated }
        return option
    }

    static var chown: OptionDescriptor {
        .clientSetting("--chown=USER:GROUP", "set owner and group") { (state, value) throws(OptionError) in
            try state.choose(chown: value)
        }
    }

    static var copyAs: OptionDescriptor {
        OptionDescriptor(
            "--copy-as=USER[:GROUP]",
            "read and write as another user",
            client: .value { $0.transfer.attributes.copyAs = $1.text },
            server: .value { $0.transfer.attributes.copyAs = $1.text }
        )
    }
}

extension OptionDescriptor {
    /// An option that may be given twice; its letter is then sent twice.
    static func counted(
        _ spellings: String,
        _ help: String,
        _ count: any WritableKeyPath<TransferOptions, Int> & Sendable,
        _ rank: Int
    ) -> OptionDescriptor {
        var option = OptionDescriptor.toggle(spellings, help, isUsed: { $0[keyPath: count] > 0 }) {
            $0[keyPath: count] = $1 ? min(2, $0[keyPath: count] + 1) : 0
        }
        let letter = option.letter.map { String($0) } ?? ""
        option.telling = .letters(rank, "-\(letter)") {
            String(repeating: letter, count: $0[keyPath: count])
        }
        return option
    }

    /// `--usermap` or `--groupmap`.
    static func identityRules(
        _ spelling: String,
        _ help: String,
        _ kind: ChownMix.Kind,
        _ rank: Int
    ) -> OptionDescriptor {
        var option = OptionDescriptor(
            spelling,
            help,
            client: .value { (state, value) throws(OptionError) in try state.choose(rules: value, for: kind) },
            // A client that preserves owners or groups for it says so.
            server: .value { $0.transfer.attributes.keep(IdentityRules($1.text), for: kind) }
        )
        let word = option.spelling
        option.telling = .word(rank, spelling, to: .receiver) { options in
            options.attributes.rules(for: kind).map { "\(word)=\($0.text)" }
        }
        option.isUsed = { $0.attributes.rules(for: kind) != nil }
        return option
    }
}

extension TransferOptions.Attributes {
    fileprivate mutating func add(modeChanges value: OptionValue) throws(OptionError) {
        guard let changes = ModeChanges(value.text) else {
            throw .usage("Invalid argument passed to --chmod (\(value.text))")
        }
        modeChanges.append(changes)
    }

    fileprivate func rules(for kind: ChownMix.Kind) -> IdentityRules? { kind == .user ? userRules : groupRules }

    /// Sets the rules, for which owners or groups have to be preserved.
    fileprivate mutating func set(_ rules: IdentityRules, for kind: ChownMix.Kind) {
        keep(rules, for: kind)
        switch kind {
        case .user: owner = true
        case .group: group = true
        }
    }

    /// Sets rules that count only where owners or groups are preserved.
    fileprivate mutating func keep(_ rules: IdentityRules, for kind: ChownMix.Kind) {
        switch kind {
        case .user: userRules = rules
        case .group: groupRules = rules
        }
    }
}

/// Which of `--usermap`, `--groupmap` and `--chown` a command line has: each decides about users or groups once.
package struct ChownMix: Sendable, Equatable {
    enum Kind: Sendable { case user, group }

    private(set) var byMap: Set<Kind> = []
    private(set) var byChown: Set<Kind> = []

    fileprivate mutating func takeMap(of kind: Kind, _ option: String) throws(OptionError) {
        guard !byChown.contains(kind) else { throw .usage("--\(option) conflicts with prior --chown.") }
        guard byMap.insert(kind).inserted else { throw .usage("You can only specify --\(option) once.") }
    }

    fileprivate mutating func takeChown(of kind: Kind) throws(OptionError) {
        guard !byMap.contains(kind) else {
            throw .usage("--chown conflicts with prior --\(kind)map.")
        }
        guard byChown.insert(kind).inserted else {
            throw .usage("You can only specify a \(kind)-affecting --chown once.")
        }
    }
}

extension ClientOptions {
    fileprivate mutating func choose(rules value: OptionValue, for kind: ChownMix.Kind) throws(OptionError) {
        try settings.chownMix.takeMap(of: kind, value.option)
        transfer.attributes.set(IdentityRules(value.text), for: kind)
    }

    /// Reads `USER:GROUP`, of which either may be left out.
    fileprivate mutating func choose(chown value: OptionValue) throws(OptionError) {
        let parts = value.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        for (kind, part) in zip([ChownMix.Kind.user, .group], parts) where !part.isEmpty {
            try settings.chownMix.takeChown(of: kind)
            transfer.attributes.set(.everyone(String(part)), for: kind)
        }
    }
}
