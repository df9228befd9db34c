import RsyncCommand
import RsyncEngine

/// Prints the messages of a server that do not go to the client (`--stderr=all`).
final class MessagePrinter: TransferObserver {
    private let output: ConsoleOutput

    init(output: ConsoleOutput) { self.output = output }

    var wantsItems: Bool { false }
    var wantsFileProgress: Bool { false }
    func message(_ text: String, _ level: MessageLevel) { output.error(text) }
    func information(_ line: [UInt8]) { output.error(NameText.escaped(line)) }
    func didChange(_ item: ItemReport) {}
    func didDelete(name: [UInt8], isDirectory: Bool) {}
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}
}
