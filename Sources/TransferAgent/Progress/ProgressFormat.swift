import AgentControl
import LinuxSystem

/// How progress is shown.
package enum ProgressFormat: String, Sendable, CaseIterable {
    /// One line of a terminal, redrawn.
    case tty
    /// One line each second.
    case lines
    /// One JSON object each second and for each event.
    case json
    /// Only errors.
    case none

    /// The default style for an output.
    ///
    /// - Parameters:
    ///   - isTerminal: Whether it is a terminal.
    ///   - terminalType: The variable TERM; a `dumb` terminal cannot redraw a line.
    /// - Returns: ``tty`` or ``lines``.
    package static func usual(isTerminal: Bool, terminalType: String?) -> ProgressFormat {
        isTerminal && terminalType != "dumb" ? .tty : .lines
    }
}

/// The printed forms of a reading.
extension ProgressReading {
    /// The maximum line length that the reader of pod logs keeps (MTC contract 5.1).
    static let lineLimit = 60

    /// For the reader of pod logs: at most 60 characters with a percentage such as `33%`, once there is one, and a rate
    /// such as `66.13MiB/s` (MTC contract 5.1).
    var line: String {
        let speed = Figures.rate(rate)
        let core: String
        var extra: String
        if let percent {
            core = "\(percent)% \(speed) \(timeLeft)"
            extra = " \(Figures.bytes(bytesDone))/\(Figures.bytes(bytesListed))"
        } else {
            core = "listing \(speed)"
            extra = " \(counted(entriesListed, "file", commas: true)) \(Figures.bytes(bytesListed))"
        }
        if let wait { extra = " \(wait)" }
        let text = core.count + extra.count + 10 <= Self.lineLimit ? core + extra : core
        return "\(clipped(volume, to: Self.lineLimit - text.count - 2)): \(text)"
    }

    /// For a terminal.
    ///
    /// - Parameter columns: The width of the terminal; the last column stays free so that the cursor does not wrap.
    /// - Returns: One line without its end.
    func bar(columns: Int) -> String {
        let available = max(0, columns - 1)
        let speed = Figures.rate(rate)
        guard let percent else {
            let files = counted(entriesListed, "file", commas: true)
            let text = "\(volume)  listing  \(files), \(Figures.bytes(bytesListed))  \(speed)"
            return clipped(text + (wait.map { "  \($0)" } ?? ""), to: available)
        }
        let figures = "\(percent)%  \(Figures.bytes(bytesDone))/\(Figures.bytes(bytesListed))  \(speed)"
        let end = wait ?? "\(timeLeft) left"
        let tail = "  \(counted(filesTransferred, "file", commas: true)) sent  \(end)"
        let name = clipped(volume, to: 32)
        let full = figures + tail
        let width = min(30, available - name.count - full.count - 6)
        if width >= 5 {
            let filled = width * percent / 100
            let drawn = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
            return "\(name)  [\(drawn)]  \(full)"
        }
        return clipped(full.count <= available ? full : "\(percent)% \(speed)", to: available)
    }

    /// What the numbers do not show: the target is writing to disk, sending is paused, or the peer is silent.
    private var wait: String? {
        if isPaused { return "paused" }
        if isSynchronizing { return "writing to disk \(Int(min(synchronizing, 1e9))) s" }
        return silence.map { "waiting for \($0) s" }
    }

    var phase: String {
        if isSynchronizing { return "sync" }
        if isPaused { return "paused" }
        return isListComplete ? "data" : "listing"
    }

    private var timeLeft: String { secondsLeft.map(Figures.time) ?? "-:--:--" }

    private func clipped(_ text: String, to limit: Int) -> String {
        text.count <= limit ? text : String(text.prefix(max(0, limit - 1))) + (limit > 0 ? "~" : "")
    }

    /// The members of a JSON progress object.
    var json: [(String, JSONValue)] {
        [
            ("volume", .text(volume)),
            ("listing", .flag(!isListComplete)),
            ("phase", .text(phase)),
            ("syncSeconds", isSynchronizing ? .decimal(synchronizing) : .null),
            ("percent", percent.map { .integer(Int64($0)) } ?? .null),
            ("bytesDone", .integer(bytesDone)),
            ("bytesListed", .integer(bytesListed)),
            ("bytesMoved", .integer(bytesMoved)),
            ("filesListed", .integer(entriesListed)),
            ("filesTransferred", .integer(filesTransferred)),
            ("bytesPerSecond", .integer(Int64(rate))),
            ("secondsLeft", secondsLeft.map { .integer(Int64(min($0, 1e15).rounded(.up))) } ?? .null),
            ("idleSeconds", .decimal(idle)),
            ("elapsedSeconds", .decimal(elapsed)),
        ]
    }
}
