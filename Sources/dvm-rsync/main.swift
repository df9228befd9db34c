import RsyncEngine
import RsyncWire
import Transport
import Glibc
import LinuxSystem
import VolumeAccess

// Development driver until RsyncCommand lands.
final class Printer: TransferObserver {
    var wantsItems: Bool { true }
    var wantsFileProgress: Bool { false }
    func message(_ text: String, _ level: MessageLevel) { print("\(level): \(text)") }
    func didChange(_ item: ItemReport) { print("item \(String(item.flags.rawValue, radix: 16)) \(String(decoding: item.name, as: UTF8.self))") }
    func didDelete(name: [UInt8], isDirectory: Bool) { print("deleting \(String(decoding: name, as: UTF8.self))") }
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}
}
signal(SIGPIPE, SIG_IGN)
let arguments = CommandLine.arguments.dropFirst().map { Array($0.utf8) }
if arguments.first == Array("--server".utf8) {
    let stream = try PipeStream.standardInputOutput(peerDescription: "client")
    let result = ServerSession(observer: SilentObserver()).run(arguments: arguments, over: stream)
    exit(result.exitCode)
}
let words = CommandLine.arguments
var options = TransferOptions()
options.setArchive(); options.hardLinks = true; options.delete = true
let path = CommandLine.arguments.last!
switch words[1] {
case "local":
    options.sparse = true
    let r = LocalTransfer(options: options, observer: SilentObserver()).run([try SourceRoot.argument(Array(words[2].utf8))], into: DestinationArgument(path: Array(words[3].utf8)))
    print(r.exitCode, r.failure.map { "\($0)" } ?? "", r.statistics)
    exit(r.exitCode)
case "push":
    let s = try dial(try HostPort(parsing: words[2]), within: .seconds(5))
    let r = ClientSession(stream: s, options: options, observer: Printer()).run(module: Array(words[3].utf8), .push([try SourceRoot.argument(Array(words[4].utf8))], to: []), login: .init(user: "root", password: { () throws(EngineError) in Array("secret".utf8) }))
    print(r.exitCode, r.failure.map { "\($0)" } ?? "", r.statistics)
    exit(r.exitCode)
case "pull":
    let s = try dial(try HostPort(parsing: words[2]), within: .seconds(5))
    let r = ClientSession(stream: s, options: options, observer: Printer()).run(module: Array(words[3].utf8), .pull([[]], into: DestinationArgument(path: Array(words[4].utf8))), login: .init(user: "root", password: { () throws(EngineError) in Array("secret".utf8) }))
    print(r.exitCode, r.failure.map { "\($0)" } ?? "", r.statistics)
    exit(r.exitCode)
default: exit(1)
}
