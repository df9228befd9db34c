import RsyncEngine

extension VolumeOutcome {
    /// How many exceptions are shown in the summary; all that are kept were shown when they happened.
    private static let shownLimit = 20

    /// The result in plain words, some lines with their ends.
    var summary: String {
        let figures = statistics
        let seconds = elapsed.inSeconds
        let rate = seconds > 0 ? Double(figures.literalData + figures.matchedData) / seconds : 0
        var text = "volume \(name): \(verdict)\n"
        text += "  files listed \(Figures.count(Int64(figures.listed.total))),"
        text += " transferred \(Figures.count(Int64(figures.transferredFiles)))"
        text +=
            ", created \(Figures.count(Int64(figures.created.total))), deleted \(Figures.count(Int64(figures.deleted.total)))\n"
        text +=
            "  sent as data \(Figures.bytes(figures.literalData)), found at the target \(Figures.bytes(figures.matchedData)),"
        text += " of \(Figures.bytes(figures.totalSize)) in all\n"
        text +=
            "  \(Figures.fixed(seconds)) s, \(Figures.rate(rate)); on the wire: \(Figures.bytes(figures.bytesSent)) sent,"
        text += " \(Figures.bytes(figures.bytesReceived)) received\n"
        text += durabilityLine
        if timeGrain >= 1_000_000 {
            let step = timeGrain == 1_000_000_000 ? "whole seconds" : "steps of \(Double(timeGrain) / 1e9) s"
            text += "  times compared in \(step), the target knows no more: a change that leaves a file's size and that"
            text += " of its time as they were is not seen; --checksum sees it\n"
        }
        guard exceptionCount > 0 else { return text }
        text += "  exceptions:\n"
        for exception in exceptions.prefix(Self.shownLimit) { text += "    \(exception)\n" }
        let more = exceptionCount - min(exceptions.count, Self.shownLimit)
        if more > 0 { text += "    and \(Figures.count(Int64(more))) more\n" }
        return text
    }

    /// How safe the volume is at the target; empty when there was no session.
    private var durabilityLine: String {
        if let time = statistics.synchronization { return "  on disk: synced in \(Figures.fixed(time.inSeconds)) s\n" }
        return durability.map { "  durability: \($0.text)\n" } ?? ""
    }

    private var verdict: String {
        switch exitCode {
        case 0: "complete"
        case 23, 24, 25: "complete with exceptions (exit code \(exitCode))"
        default: "incomplete (exit code \(exitCode))"
        }
    }

    /// The last line for the reader of pod logs; only a complete volume has it.
    var lastLine: String {
        let seconds = max(elapsed.inSeconds, 0.001)
        var reading = ProgressReading(volume: name)
        reading.rate = Double(statistics.literalData + statistics.matchedData) / seconds
        let tail = "100% \(Figures.rate(reading.rate)) \(Figures.time(elapsed.inSeconds))"
        return "\(name.prefix(ProgressReading.lineLimit - tail.count - 2)): \(tail)"
    }

    /// The members of the JSON object for the end of a volume.
    var json: [(String, JSONValue)] {
        let figures = statistics
        return [
            ("event", .text("finished")),
            ("volume", .text(name)),
            ("exitCode", .integer(Int64(exitCode))),
            ("complete", .flag(isComplete)),
            ("percent", isComplete ? .integer(100) : .null),
            ("code", error.map { .text($0.failure.code) } ?? .null),
            ("error", error.map { .text($0.observed) } ?? .null),
            ("advice", error.map { .text($0.failure.advice) } ?? .null),
            ("filesListed", .integer(Int64(figures.listed.total))),
            ("filesTransferred", .integer(Int64(figures.transferredFiles))),
            ("created", .integer(Int64(figures.created.total))),
            ("deleted", .integer(Int64(figures.deleted.total))),
            ("totalBytes", .integer(figures.totalSize)),
            ("literalBytes", .integer(figures.literalData)),
            ("matchedBytes", .integer(figures.matchedData)),
            ("bytesSent", .integer(figures.bytesSent)),
            ("bytesReceived", .integer(figures.bytesReceived)),
            ("durability", durability.map { .text($0.text) } ?? .null),
            ("syncSeconds", figures.synchronization.map { .decimal($0.inSeconds) } ?? .null),
            ("timeGrainNanoseconds", .integer(timeGrain)),
            ("elapsedSeconds", .decimal(elapsed.inSeconds)),
            ("exceptionCount", .integer(Int64(exceptionCount))),
            ("exceptions", .list(exceptions.map { .text($0) })),
        ]
    }
}
