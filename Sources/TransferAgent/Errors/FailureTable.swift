/// What the user is told about a kind of failure: clauses without a full stop.
package struct FailureExplanation: Equatable, Sendable {
    /// What the failure means.
    package let meaning: String
    /// The usual cause.
    package let cause: String
    /// What to do.
    package let advice: String
}

/// The one table of failures: messages, `doctor` and docs/codes.md are made from it.
///
/// A test ensures that every ``FailureClass`` has exactly one row.
enum FailureTable {
    /// The exit code of `dvm-source` or `dvm-target` after a failure, if no other failure decides.
    enum ExitCodes: Equatable {
        /// One of these, in ascending order; which one depends on when it happened, or on the command.
        case oneOf([Int32])
        /// The code that the other side sent.
        case sentByPeer
        /// The code of the command that failed: 124 when it took too long, 128 and the signal's number when one ended it.
        case ofCommand
        /// It does not end a program.
        case none

        static func of(_ codes: Int32...) -> ExitCodes { .oneOf(codes) }

        /// The cell of the table in docs/codes.md.
        var text: String {
            switch self {
            case .oneOf(let codes): codes.map(String.init).joined(separator: ", ")
            case .sentByPeer: "as sent"
            case .ofCommand: "the command's"
            case .none: "none"
            }
        }
    }

    /// A line of the table.
    struct Row {
        let failure: FailureClass
        let exitCodes: ExitCodes
        let explanation: FailureExplanation

        init(_ failure: FailureClass, exits: ExitCodes, _ meaning: String, cause: String, advice: String) {
            self.failure = failure
            exitCodes = exits
            explanation = FailureExplanation(meaning: meaning, cause: cause, advice: advice)
        }
    }

    /// A part of the table under a heading.
    struct Section {
        let heading: String
        let rows: [Row]
    }

    static let sections = [
        Section(heading: "10xx: the network", rows: network),
        Section(heading: "11xx: the proxy", rows: proxy),
        Section(heading: "12xx: TLS", rows: tunnel),
        Section(heading: "20xx: refusals by the target", rows: refusals),
        Section(heading: "30xx: the data", rows: data),
        Section(heading: "40xx: the session", rows: session),
        Section(heading: "50xx: settings", rows: settings),
        Section(heading: "60xx: commands to a running agent", rows: commands),
        Section(heading: "70xx: verification", rows: verification),
    ]

    static let explanations = Dictionary(
        sections.flatMap(\.rows).map { ($0.failure, $0.explanation) },
        uniquingKeysWith: { first, _ in first }
    )

    /// Used in place of a missing row.
    static let unexplained = FailureExplanation(
        meaning: "a failure that is missing from the table of codes",
        cause: "a mistake in dvm",
        advice: "report it"
    )

    /// The page docs/codes.md.
    static var page: String {
        var text = """
            # Failure codes

            Every failure that `dvm-source` and `dvm-target` report begins with one of these codes, says what was observed, and ends with
            what to do. The codes stay the same in all versions. The exit code is rsync's ([exit-codes.md](exit-codes.md)): the program
            exits with it when that failure decides; where several are listed, it depends on the command or the moment. "Retry" says whether the same
            run may succeed later without a change. `dvm-source doctor` finds
            the first failure on the path to a target. This page is generated from the table in `Sources/TransferAgent/Errors` by `scripts/codes`.

            """
        for section in sections {
            text +=
                "\n## \(section.heading)\n\n| code | exit code | retry | what it means | what usually causes it | what to do |\n"
            text += "|---|---|---|---|---|---|\n"
            for row in section.rows {
                let explanation = row.explanation
                let words = [explanation.meaning, explanation.cause, explanation.advice]
                // A bar would end the cell, an angle bracket would begin a tag.
                let usual = row.failure.isRetryable ? "yes" : "no"
                let retry = row.failure == .stoppedByPeer ? AgentError.passingWords : usual
                let safe = ([row.failure.code, row.exitCodes.text, retry] + words).map {
                    $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
                }
                text += "| " + safe.joined(separator: " | ") + " |\n"
            }
        }
        return text
    }
}
