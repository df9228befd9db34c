import AgentControl
import LinuxSystem
import RsyncEngine
import RsyncWire
import VolumeAccess

extension VolumeOutcome {
    /// How many exceptions are shown in the summary; all that are kept were shown when they happened.
    private static let shownLimit = 20

    /// The result as text, several lines with line ends.
    var summary: String {
        let figures = statistics
        let seconds = elapsed.inSeconds
        let rate = seconds > 0 ? (Double(figures.literalData) + Double(figures.matchedData)) / seconds : 0
        var text = "volume \(name): \(verdict)\n"
        text += "  files listed \(grouped(figures.listed.total)), \(counts)\n"
        text +=
            "  literal data \(Figures.bytes(figures.literalData)), matched data \(Figures.bytes(figures.matchedData)),"
        text += " total size \(Figures.bytes(figures.totalSize))\n"
        text +=
            "  \(Figures.fixed(seconds)) s, \(Figures.rate(rate)); on the wire: \(Figures.bytes(figures.bytesSent)) sent,"
        text += " \(Figures.bytes(figures.bytesReceived)) received\n"
        if let note = lockNote { text += "  \(note)\n" }
        if timeGrain >= 1_000_000 {
            let step = timeGrain == 1_000_000_000 ? "whole seconds" : "steps of \(Double(timeGrain) / 1e9) s"
            text += "  times compared in \(step) (the target's resolution): a change that alters neither a file's size"
            text += " nor its time at that resolution goes unnoticed without --checksum\n"
        }
        text += durabilityLine
        guard exceptionCount > 0 else { return text }
        text += "  exceptions:\n"
        for exception in exceptions.prefix(Self.shownLimit) { text += "    \(exception)\n" }
        let more = exceptionCount - min(exceptions.count, Self.shownLimit)
        if more > 0 { text += "    and \(grouped(more)) more\n" }
        return text
    }

    /// The volume's durability at the target; empty when there was no session.
    private var durabilityLine: String {
        if let time = statistics.synchronization { return "  on disk: synced in \(Figures.fixed(time.inSeconds)) s\n" }
        return durability.map { "  durability: \($0.text)\n" } ?? ""
    }

    /// What the target has in place, as far as known.
    ///
    /// A dvm-target counts it. A stock one does not report it; but a pass that succeeded has put everything into
    /// place that was sent.
    var inPlace: (transferred: Int64, created: Int64, deleted: Int64)? {
        if let tally = statistics.inPlace { return (tally.transferredFiles, tally.created, tally.deleted) }
        let (created, deleted) = (Int64(statistics.created.total), Int64(statistics.deleted.total))
        let transferred = Int64(statistics.transferredFiles)
        guard error == nil || transferred + created + deleted == 0 else { return nil }
        return (transferred, created, deleted)
    }

    private var counts: String {
        guard let inPlace else {
            let sent = grouped(statistics.transferredFiles)
            return "sent \(sent); the target does not report what is in place"
        }
        let (transferred, created) = (grouped(inPlace.transferred), grouped(inPlace.created))
        return "transferred \(transferred), created \(created), deleted \(grouped(inPlace.deleted))"
    }

    /// Where other writers are not excluded; nil when they are, or without a lock (a stock target).
    private var lockNote: String? {
        switch statistics.inPlace.flatMap({ LockReach(rawValue: $0.lockReach) }) {
        case .host: "one writer: locked on the target's host only; other hosts can write to this kind of file system"
        case .process: "one writer: locked in the target's process only; the file system has no locks"
        case .everywhere, nil: nil
        }
    }

    /// How far the lock on the target's volume reaches, in one word; nil when there is none.
    private var lockWord: String? {
        switch statistics.inPlace.flatMap({ LockReach(rawValue: $0.lockReach) }) {
        case .everywhere: "everywhere"
        case .host: "host"
        case .process: "process"
        case nil: nil
        }
    }

    private var verdict: String {
        switch error?.failure {
        case .emptySource, .tooManyDeletions: return "incomplete: deletions were refused (exit code \(exitCode))"
        case .hookFailed: return "not begun (exit code \(exitCode))"
        default: break
        }
        if let error, isAccepted {
            return "complete with exceptions that the job accepts (\(error.failure.code), exit code 0)"
        }
        return switch exitCode {
        case 0: "complete"
        case 23, 24, 25: "complete with exceptions (exit code \(exitCode))"
        default: "incomplete (exit code \(exitCode))"
        }
    }

    /// The last line for the reader of pod logs; only a complete volume has it.
    var lastLine: String {
        let seconds = max(elapsed.inSeconds, 0.001)
        var reading = ProgressReading(volume: name)
        reading.rate = (Double(statistics.literalData) + Double(statistics.matchedData)) / seconds
        let tail = "100% \(Figures.rate(reading.rate)) \(Figures.time(elapsed.inSeconds))"
        return "\(name.prefix(ProgressReading.lineLimit - tail.count - 2)): \(tail)"
    }

    /// The members of the JSON object for the end of a volume.
    var json: [(String, JSONValue)] {
        let figures = statistics
        return [
            ("volume", .text(name)),
            ("exitCode", .integer(Int64(exitCode))),
            ("complete", .flag(isComplete)),
            ("accepted", .flag(isAccepted)),
            ("percent", isComplete ? .integer(100) : .null),
            ("code", error.map { .text($0.failure.code) } ?? .null),
            ("error", error.map { .text($0.observed) } ?? .null),
            ("retryable", .flag(exitCode != 0 && error?.isRetryable == true)),
            ("advice", error.map { .text($0.failure.advice) } ?? .null),
            ("filesListed", .integer(Int64(figures.listed.total))),
            ("filesSent", .integer(Int64(figures.transferredFiles))),
            ("filesTransferred", inPlace.map { .integer($0.transferred) } ?? .null),
            ("created", inPlace.map { .integer($0.created) } ?? .null),
            ("deleted", inPlace.map { .integer($0.deleted) } ?? .null),
            ("writerLock", lockWord.map { .text($0) } ?? .null),
            ("totalBytes", .integer(figures.totalSize)),
            ("literalBytes", .integer(figures.literalData)),
            ("matchedBytes", .integer(figures.matchedData)),
            ("bytesSent", .integer(figures.bytesSent)),
            ("bytesReceived", .integer(figures.bytesReceived)),
            ("timeGrainNanoseconds", .integer(timeGrain)),
            ("durability", durability.map { .text($0.text) } ?? .null),
            ("syncSeconds", figures.synchronization.map { .decimal($0.inSeconds) } ?? .null),
            ("elapsedSeconds", .decimal(elapsed.inSeconds)),
            ("exceptionCount", .integer(Int64(exceptionCount))),
            ("exceptions", .list(exceptions.map { .text($0) })),
        ]
    }
}
