import AgentControl
import LinuxSystem
import Logging
import RsyncEngine
import RsyncWire
import Synchronization

/// A session's messages on the target's side; most go to the client instead.
///
/// ## Concurrency model
/// `last` is touched by the session's threads and read after they have ended.
final class SessionNotes: TransferObserver {
    /// The end of the log line for a wrong password or an unknown user, in either protocol.
    static let wrongPassword = "refused: auth failed"

    private let last = Mutex<String?>(nil)

    var wantsItems: Bool { false }
    var wantsFileProgress: Bool { false }

    func message(_ text: String, _ level: MessageLevel) {
        if case .info = level { return }
        last.withLock { $0 = text }
    }

    func didChange(_ item: ItemReport) {}
    func didDelete(name: [UInt8], isDirectory: Bool) {}
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    /// The last error message.
    var lastWords: String? { last.withLock { $0 } }
}

extension DaemonSession.Report {
    /// The part of a log line behind the client's address.
    func line(notes: SessionNotes, elapsed: Duration) -> String {
        // Nothing that the client sent: it has proved nothing.
        if isWrongPassword { return ": " + SessionNotes.wrongPassword }
        var text = ""
        if !user.isEmpty { text += ", user \(Self.shown(user))" }
        if !module.isEmpty { text += ", volume \(Self.shown(module))" }
        text += ": "
        if let refusal {
            let hint = lacksDigest && refusal.contains("checksums") ? " (see --allow-weak-digest)" : ""
            return text + "refused: \(refusal)\(hint)"
        }
        guard let result else { return text + "asked for the list of volumes" }
        let figures = result.statistics
        // Of what was received, what is in place counts; a dry run puts nothing there.
        let files = isSender ? Int64(figures.transferredFiles) : figures.inPlace?.transferredFiles ?? 0
        text += "\(isSender ? "sent" : "received") \(counted(files, "file", commas: true)), "
        text += "\(Figures.bytes(isSender ? figures.bytesSent : figures.bytesReceived)), "
        if let time = figures.synchronization { text += "synced in \(Figures.fixed(time.inSeconds)) s, " }
        text += "\(Figures.fixed(elapsed.inSeconds)) s, exit code \(result.exitCode)"
        if figures.grownFiles > 0 { text += ", \(grouped(figures.grownFiles)) of them grew while being read" }
        if let failure = result.failure {
            let error = AgentError(failure, lastWords: notes.lastWords)
            let observed = failure.isPeerExit ? "the source stopped" : error.observed
            text += ": \(error.failure.code): \(observed)"
        }
        if let successor = (hold as? WriterClaim)?.endedFor {
            text += ", ended: its job started again from \(successor)"
        }
        return text
    }

    /// The level of the session's log line.
    var logLevel: Logger.Level {
        guard let result else { return refusal == nil ? .info : .notice }
        return result.exitCode == 0 && result.failure == nil ? .info : .warning
    }

    /// The parts of the log line for programs; nothing that a client sent which has not logged in.
    var logParts: Logger.Metadata {
        guard !user.isEmpty, !isWrongPassword else { return [:] }
        var parts: Logger.Metadata = ["user": .string(Self.shown(user))]
        if !module.isEmpty { parts["volume"] = .string(Self.shown(module)) }
        guard let result else { return parts }
        let figures = result.statistics
        parts["exitCode"] = .stringConvertible(result.exitCode)
        parts["bytesReceived"] = .stringConvertible(figures.bytesReceived)
        parts["bytesSent"] = .stringConvertible(figures.bytesSent)
        if let failure = result.failure { parts["code"] = .string(AgentError(failure, lastWords: nil).failure.code) }
        return parts
    }

    /// Bytes from the client as a word of a log line.
    static func shown(_ bytes: [UInt8]) -> String { PrintableText.escaped(bytes, limit: 200) }
}

extension ControlServer.Report {
    /// The part of a log line behind the client's address.
    var line: String {
        if case .loginRefused = failure { return ": " + SessionNotes.wrongPassword }
        var text = user.isEmpty ? "" : ", user \(DaemonSession.Report.shown(Array(user.utf8)))"
        text += ": control, \(counted(answered, "request", commas: true))"
        switch failure {
        case .some(let failure): text += ": \(failure)"
        case nil: break
        }
        return text
    }
}
