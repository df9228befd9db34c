/// How a client passes an option to a server (protocol specification, session 2.2 and 2.4).
package struct OptionTelling: Sendable {
    /// Which servers it is sent to.
    package enum Audience: Sendable {
        case all, receiver, sender
    }

    /// Its position: among the letters, or among the words after them.
    enum Place: Sendable {
        case letters, words
    }

    let place: Place
    /// Its order: the number of its row in the protocol specification's table, times ten.
    let rank: Int
    package let audience: Audience
    /// Its form, for documents.
    let shown: String
    /// Letters, or words, for the options and a server that sends or receives; empty when there is nothing to send.
    let spelled: @Sendable (TransferOptions, _ serverSends: Bool) -> [[UInt8]]

    /// Among the letters.
    static func letter(
        _ rank: Int,
        _ letter: Character,
        to audience: Audience = .all,
        when isTold: @escaping @Sendable (TransferOptions) -> Bool
    ) -> OptionTelling {
        letters(rank, "-\(letter)", to: audience) { isTold($0) ? String(letter) : "" }
    }

    /// As letters, such as one that is repeated.
    static func letters(
        _ rank: Int,
        _ shown: String,
        to audience: Audience = .all,
        _ spelled: @escaping @Sendable (TransferOptions) -> String
    ) -> OptionTelling {
        OptionTelling(place: .letters, rank: rank, audience: audience, shown: shown) { options, _ in
            [Array(spelled(options).utf8)]
        }
    }

    /// As a word; nil when there is nothing to send.
    static func word(
        _ rank: Int,
        _ shown: String,
        to audience: Audience = .all,
        _ spelled: @escaping @Sendable (TransferOptions) -> String?
    ) -> OptionTelling {
        words(rank, shown, to: audience) { options, _ in spelled(options).map { [Array($0.utf8)] } ?? [] }
    }

    /// As any number of words, such as an option and its value; bytes, since a value may be a path.
    static func words(
        _ rank: Int,
        _ shown: String,
        to audience: Audience = .all,
        _ spelled: @escaping @Sendable (TransferOptions, _ serverSends: Bool) -> [[UInt8]]
    ) -> OptionTelling {
        OptionTelling(place: .words, rank: rank, audience: audience, shown: shown, spelled: spelled)
    }

    /// Whether it is sent to a server in this role.
    package func reaches(sender: Bool) -> Bool {
        switch audience {
        case .all: true
        case .receiver: !sender
        case .sender: sender
        }
    }
}

/// How a flag is sent: ``OptionTelling`` without the flag's own value.
enum FlagTelling {
    case letter(Int, to: OptionTelling.Audience = .all)
    case word(Int, to: OptionTelling.Audience = .all)
}
