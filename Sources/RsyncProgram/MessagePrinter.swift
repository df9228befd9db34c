import RsyncCommand
import RsyncEngine
import Synchronization

/// Prints the messages of a server that do not go to the client (`--stderr=all`).
final class MessagePrinter: TransferObserver {
    private let output: ConsoleOutput
    private let isEndTold = Atomic<Bool>(false)

    init(output: ConsoleOutput) { self.output = output }

    /// Whether the client was told why the session ends.
    var hasToldEnd: Bool { isEndTold.load(ordering: .relaxed) }

    var wantsItems: Bool { false }
    var wantsFileProgress: Bool { false }
    func message(_ text: String, _ level: MessageLevel) { output.error(text) }
    func information(_ line: [UInt8]) { output.error(NameText.escaped(line)) }
    func sentMessage(_ text: String, _ level: MessageLevel) {
        if case .error = level, text.hasPrefix("rsync error: ") { isEndTold.store(true, ordering: .relaxed) }
    }
    func didChange(_ item: ItemReport) {}
    func didDelete(name: [UInt8], isDirectory: Bool) {}
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}
}
