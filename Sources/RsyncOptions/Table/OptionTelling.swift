/// How a client tells a server of an option (protocol specification, session 2.2 and 2.4).
package struct OptionTelling: Sendable {
    /// Servers that are told.
    package enum Audience: Sendable {
        case all, receiver, sender
    }

    /// Where it stands: among the letters, or among the words behind them.
    enum Place: Sendable {
        case letters, words
    }

    let place: Place
    /// Its place among its like: the number of its row in the protocol specification's table, times ten.
    let rank: Int
    package let audience: Audience
    /// What it looks like, for documents.
    let shown: String
    /// Letters or words for the options; empty when there is nothing to tell.
    let spelled: @Sendable (TransferOptions) -> String

    /// Among the letters.
    static func letter(
        _ rank: Int,
        _ letter: Character,
        to audience: Audience = .all,
        when isTold: @escaping @Sendable (TransferOptions) -> Bool
    ) -> OptionTelling {
        OptionTelling(place: .letters, rank: rank, audience: audience, shown: "-\(letter)") {
            isTold($0) ? String(letter) : ""
        }
    }

    /// As a word; nil when there is nothing to tell.
    static func word(
        _ rank: Int,
        _ shown: String,
        to audience: Audience = .all,
        _ spelled: @escaping @Sendable (TransferOptions) -> String?
    ) -> OptionTelling {
        OptionTelling(place: .words, rank: rank, audience: audience, shown: shown) { spelled($0) ?? "" }
    }

    /// Whether a server in this role is told.
    package func reaches(sender: Bool) -> Bool {
        switch audience {
        case .all: true
        case .receiver: !sender
        case .sender: sender
        }
    }
}

/// How a flag is told: ``OptionTelling`` without what the flag says itself.
enum FlagTelling {
    case letter(Int, to: OptionTelling.Audience = .all)
    case word(Int, to: OptionTelling.Audience = .all)
}
