import AgentControl
import LinuxSystem
import RsyncEngine
import RsyncWire

/// What an agent leaves behind about its end: a JSON object that Kubernetes shows as the container's termination message
/// (docs/schemas/termination.schema.json).
package struct TerminationReport: Sendable {
    /// The longest text in bytes: what the kubelet keeps of a termination message.
    package static let limit = 4096

    /// How a run ended.
    enum Outcome: String {
        case complete
        case withExceptions = "complete with exceptions"
        case incomplete

        init(_ error: AgentError?) {
            switch error?.failure {
            case nil: self = .complete
            case .partial, .fileTooLarge, .vanished, .deletionLimit, .cutoverExceptions: self = .withExceptions
            default: self = .incomplete
            }
        }
    }

    private let program: String
    /// The exit code of the process.
    package let exitCode: Int32
    /// What decided it; nil when all is well.
    package let error: AgentError?
    private let volume: String?
    private let counts: [(String, Int64)]

    /// Reports the end of an agent.
    ///
    /// - Parameters:
    ///   - program: The agent's name.
    ///   - error: What decided the exit code; nil when all is well.
    ///   - isAccepted: Whether the exit code is 0 regardless.
    ///   - volume: The volume that it concerns; nil for none.
    ///   - counts: What was done, as far as known.
    package init(
        of program: String,
        _ error: AgentError?,
        isAccepted: Bool = false,
        volume: String? = nil,
        counts: [(String, Int64)] = []
    ) {
        self.program = program
        self.error = error
        self.volume = volume
        self.counts = counts
        exitCode = isAccepted ? 0 : error?.exitCode ?? 0
    }

    /// The JSON text, at most ``limit`` bytes: a reason that is too long is cut.
    package var json: String {
        var reason = error?.observed
        while true {
            let text = encoded(reason)
            guard text.utf8.count > Self.limit, let long = reason, !long.isEmpty else { return text }
            reason = String(long.unicodeScalars.prefix(long.unicodeScalars.count / 2))
        }
    }

    private func encoded(_ reason: String?) -> String {
        JSONValue.object([("schema", .text("dvm-termination/1"))] + origin + ending(reason)).encoded
    }

    /// The figures, without the schema.
    var members: [(String, JSONValue)] { origin + ending(error?.observed) }

    /// How it ended.
    var outcome: Outcome { Outcome(error) }

    /// The members that tell how it ended, with at most `limit` characters of the reason.
    func ending(reasonLimit limit: Int) -> [(String, JSONValue)] {
        ending(error.map { String($0.observed.unicodeScalars.prefix(limit)) })
    }

    private var origin: [(String, JSONValue)] {
        [("program", .text(program)), ("version", .text(ExitText.version))]
    }

    /// The members that tell how it ended, without the volume and the counts.
    var verdict: [(String, JSONValue)] { verdict(error?.observed) }

    private func ending(_ reason: String?) -> [(String, JSONValue)] {
        verdict(reason) + [
            ("volume", volume.map { .text(PrintableText.escaped(Array($0.utf8), limit: 255)) } ?? .null),
            ("counts", .object(counts.map { ($0, .integer($1)) })),
        ]
    }

    private func verdict(_ reason: String?) -> [(String, JSONValue)] {
        [
            ("outcome", .text(outcome.rawValue)),
            ("exitCode", .integer(Int64(exitCode))),
            ("code", error.map { .text($0.failure.code) } ?? .null),
            ("reason", reason.map { .text($0) } ?? .null),
            ("remedy", error.map { .text($0.failure.advice) } ?? .null),
            ("retryable", .flag(exitCode != 0 && error?.isRetryable == true)),
        ]
    }
}

extension TerminationReport {
    /// Reports the end of a transfer.
    ///
    /// - Parameters:
    ///   - result: How the pass ended.
    ///   - decisive: The volume that decides the exit code; nil for the worst.
    package init(_ result: PassResult, decidedBy decisive: VolumeOutcome? = nil) {
        let outcomes = result.outcomes
        func sum(_ value: (VolumeOutcome) -> Int64) -> Int64 { outcomes.reduce(0) { $0.addingClamped(value($1)) } }
        self.init(
            of: "dvm-source",
            decisive?.error ?? result.error,
            isAccepted: decisive?.isAccepted ?? result.isAccepted,
            volume: decisive?.name ?? result.volume,
            counts: [
                ("volumes", Int64(outcomes.count)), ("volumesComplete", sum { $0.isComplete ? 1 : 0 }),
                ("filesListed", sum { Int64($0.statistics.listed.total) }),
                ("filesTransferred", sum { $0.inPlace?.transferred ?? 0 }),
                ("created", sum { $0.inPlace?.created ?? 0 }), ("deleted", sum { $0.inPlace?.deleted ?? 0 }),
                ("totalBytes", sum { $0.statistics.totalSize }), ("literalBytes", sum { $0.statistics.literalData }),
                ("matchedBytes", sum { $0.statistics.matchedData }), ("exceptions", sum { Int64($0.exceptionCount) }),
            ]
        )
    }

    /// Reports the end of a target.
    ///
    /// - Parameters:
    ///   - error: Why it ended other than by a signal; nil for none.
    ///   - counts: What its sessions have done.
    package init(_ error: AgentError?, _ counts: ServedCounts) {
        let stopped = counts.interrupted > 0 ? AgentError(interrupted: counts.interrupted) : nil
        self.init(
            of: "dvm-target",
            error ?? stopped,
            counts: counts.numbers
        )
    }
}

extension ServedCounts {
    /// The figures by their names in reports.
    fileprivate var numbers: [(String, Int64)] {
        [
            ("sessions", Int64(sessions)), ("sessionsFailed", Int64(failed)),
            ("sessionsInterrupted", Int64(interrupted)), ("filesReceived", files), ("bytesReceived", bytes),
        ]
    }

    /// As members of a JSON object.
    var members: [(String, JSONValue)] { numbers.map { ($0, .integer($1)) } }
}
