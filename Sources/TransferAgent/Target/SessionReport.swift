import RsyncEngine
import Synchronization

/// What a target's session says to this side; most goes to the client instead.
///
/// ## Concurrency model
/// `last` is touched by the session's threads and read after they have ended.
final class SessionNotes: TransferObserver {
    /// The end of the log line for a wrong password or an unknown user, whichever way it came.
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

    /// The last thing that was said about an error.
    var lastWords: String? { last.withLock { $0 } }
}

extension DaemonSession.Report {
    /// The part of a log line behind the client's address.
    func line(notes: SessionNotes, elapsed: Duration) -> String {
        // Nothing that the client said: it has proved nothing.
        if isWrongPassword { return ": " + SessionNotes.wrongPassword }
        var text = ""
        if !user.isEmpty { text += ", user \(Self.shown(user))" }
        if !module.isEmpty { text += ", volume \(Self.shown(module))" }
        text += ": "
        if let refusal { return text + "refused: \(Self.shown(Array(refusal.utf8)))" }
        guard let result else { return text + "asked for the list of volumes" }
        let figures = result.statistics
        text += "\(isSender ? "sent" : "received") \(Figures.count(Int64(figures.transferredFiles))) files, "
        text += "\(Figures.bytes(isSender ? figures.bytesSent : figures.bytesReceived)), "
        text += "\(Figures.fixed(elapsed.inSeconds)) s, exit code \(result.exitCode)"
        if let failure = result.failure {
            let error = AgentError(failure, lastWords: notes.lastWords)
            text += ": \(error.failure.code): \(error.observed)"
        }
        return text
    }

    /// Bytes of the client as one word of a log line.
    static func shown(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(200), as: UTF8.self).unicodeScalars.reduce(into: "") { text, scalar in
            text.unicodeScalars.append(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : scalar)
        }
    }
}
