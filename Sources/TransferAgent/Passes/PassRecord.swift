import AgentControl
import LinuxSystem
import RsyncEngine
import RsyncOptions
import RsyncWire

/// What a pass leaves behind: a JSON object (docs/schemas/pass-record.schema.json).
///
/// It is written when the pass begins, too: one whose `state` stays `running` was killed.
struct PassRecord {
    /// The name and version of the format.
    static let schema = "dvm-pass/1"

    private let job: SourceJob
    private let last: LastPass
    private let begin = LogTime.now

    /// Begins a record.
    ///
    /// - Parameters:
    ///   - job: What is done.
    ///   - last: The pass before.
    init(_ job: SourceJob, after last: LastPass) {
        self.job = job
        self.last = last
    }

    /// How many exceptions of a volume are listed; the log has all of them.
    private static let listedExceptions = 20

    /// The text while the pass runs.
    ///
    /// - Parameter begun: The volumes whose sessions have begun; the targets of others are as the pass before left them.
    /// - Returns: JSON.
    func running(_ begun: Set<String>) -> String {
        let volumes = job.volumes.map { volume in
            let end = begun.contains(volume.name) ? nil : last.end(of: volume)
            return members(volume) + [("targetEnd", end.map { .text($0.text) } ?? .null)]
        }
        return text(state: "running", [("end", .null)], volumes: volumes)
    }

    /// The text at its end.
    func ended(_ result: PassResult) -> String {
        let report = TerminationReport(result)
        let end: [(String, JSONValue)] =
            [("end", .text(LogTime.now.text))] + report.verdict + [("hooks", .list(result.hooks.map(\.json)))]
        let volumes = zip(job.volumes, result.outcomes).map {
            members($0) + Self.members($1, targetEnd: targetEnd($0, $1))
        }
        return text(state: "ended", end, volumes: volumes)
    }

    private func text(state: String, _ end: [(String, JSONValue)], volumes: [[(String, JSONValue)]]) -> String {
        let members: [(String, JSONValue)] =
            [
                ("schema", .text(Self.schema)), ("program", .text("dvm-source")),
                ("version", .text(ExitText.version)), ("state", .text(state)),
                ("job", job.name.map { .text($0) } ?? .null),
                ("pass", job.kind.map { .text($0.rawValue) } ?? .null),
                ("target", .text("\(job.route.target)")), ("begin", .text(begin.text)),
            ] + end + [("volumes", .list(volumes.map { .object($0) }))]
        return JSONValue.object(members).encoded + "\n"
    }

    /// What is known of a volume before it is transferred.
    private func members(_ volume: VolumeJob) -> [(String, JSONValue)] {
        [
            ("name", .text(volume.name)), ("targetName", .text(volume.module)), ("path", .text(volume.path)),
            ("brakes", .object(volume.brakes)),
        ]
    }

    /// Since when nothing else should change the target: a pass that had no session has left it as the last one did.
    private func targetEnd(_ volume: VolumeJob, _ outcome: VolumeOutcome) -> LogTime? {
        outcome.hadSession ? outcome.targetEnd : last.end(of: volume)
    }

    private static func members(_ outcome: VolumeOutcome, targetEnd: LogTime?) -> [(String, JSONValue)] {
        let figures = outcome.statistics
        let report = TerminationReport(of: "dvm-source", outcome.error, isAccepted: outcome.isAccepted)
        return [
            ("begin", outcome.period.map { .text($0.begin.text) } ?? .null),
            ("end", outcome.period.map { .text($0.end.text) } ?? .null),
            ("attempts", .integer(Int64(outcome.attempts))),
        ] + report.verdict + [
            ("scanned", .integer(Int64(figures.listed.total))),
            ("changed", outcome.inPlace.map { .integer($0.transferred) } ?? .null),
            ("created", outcome.inPlace.map { .integer($0.created) } ?? .null),
            ("deleted", outcome.inPlace.map { .integer($0.deleted) } ?? .null),
            ("totalBytes", .integer(figures.totalSize)), ("literalBytes", .integer(figures.literalData)),
            ("matchedBytes", .integer(figures.matchedData)), ("bytesSent", .integer(figures.bytesSent)),
            ("bytesReceived", .integer(figures.bytesReceived)), ("seconds", .object(outcome.phases.members)),
            ("targetEnd", targetEnd.map { .text($0.text) } ?? .null),
            ("exceptionCount", .integer(Int64(outcome.exceptionCount))),
            ("exceptions", .list(outcome.exceptions.prefix(listedExceptions).map { .text($0) })),
        ]
    }
}

extension SessionStatistics {
    /// The target's clock when everything was in place; nil of a stock target, and when the session did not get so far.
    var targetEnd: LogTime? {
        guard let time = inPlace?.finishTime, time > 0 else { return nil }
        return LogTime(seconds: time / 1_000_000_000, milliseconds: Int(time % 1_000_000_000 / 1_000_000))
    }
}

extension PassPhases {
    /// By their names, in seconds.
    var members: [(String, JSONValue)] {
        [
            ("check", check), ("scan", scan), ("compare", compare), ("copy", copy), ("finish", finish), ("sync", sync),
        ].map { ($0, .decimal($1.inSeconds)) }
    }
}

extension VolumeJob {
    /// What keeps a pass from doing harm, as set.
    var brakes: [(String, JSONValue)] {
        [
            ("delete", .flag(brake.isDeleting)), ("allowEmptySource", .flag(brake.allowsEmptySource)),
            ("deleteLimit", .integer(Int64(brake.limit))),
            ("maxDelete", options.deletion.most.map { .integer(Int64($0)) } ?? .null),
            ("mountPoint", .flag(isMountPoint)), ("allowDiverged", .flag(allowsDiverged)),
        ]
    }
}
