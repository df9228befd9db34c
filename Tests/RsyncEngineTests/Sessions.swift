import Foundation
import RsyncEngine
import RsyncOptions
import RsyncWire
import Synchronization
import TestSupport
import Transport
import VolumeAccess

/// Keeps what a session said.
final class RecordingObserver: TransferObserver {
    struct Item: Hashable {
        var name: String
        var flags: UInt16
        var link: String
    }

    private struct Record {
        var items: [Item] = []
        var deletions: [String] = []
        var messages: [String] = []
    }

    private let record = Mutex(Record())
    private let onItem: @Sendable (String) -> Void

    /// - Parameters:
    ///   - isEarly: Whether a file's item comes before its data.
    ///   - onItem: Called with each item's name.
    init(isEarly: Bool = false, onItem: @escaping @Sendable (String) -> Void = { _ in }) {
        wantsFileProgress = isEarly
        self.onItem = onItem
    }

    var wantsItems: Bool { true }
    let wantsFileProgress: Bool
    var items: [Item] { record.withLock { $0.items } }
    var deletions: [String] { record.withLock { $0.deletions } }
    var messages: [String] { record.withLock { $0.messages } }

    func message(_ text: String, _ level: MessageLevel) { record.withLock { $0.messages.append(text) } }
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    func didChange(_ item: ItemReport) {
        let name = String(decoding: item.name, as: UTF8.self)
        let link = String(decoding: item.hardLink.isEmpty ? item.target : item.hardLink, as: UTF8.self)
        record.withLock { $0.items.append(Item(name: name, flags: UInt16(item.flags.rawValue), link: link)) }
        onItem(name)
    }

    func didDelete(name: [UInt8], isDirectory: Bool) {
        record.withLock { $0.deletions.append(String(decoding: name, as: UTF8.self)) }
    }
}

/// What both ends of a session came to.
struct Outcome: Sendable {
    var client: SessionResult
    var server: SessionResult
    var observer: RecordingObserver

    var description: String {
        "client \(client.exitCode) \(client.failure.map { "\($0)" } ?? ""), server \(server.exitCode)"
            + " \(server.failure.map { "\($0)" } ?? ""): \(observer.messages.prefix(5))"
    }
}

/// Whether the streams of a session still live.
final class StreamWatch: @unchecked Sendable {
    private let lock = NSLock()
    private weak var near: SocketStream?
    private weak var far: SocketStream?

    var isEmpty: Bool { lock.withLock { near == nil && far == nil } }

    func watch(_ near: SocketStream, _ far: SocketStream) { lock.withLock { (self.near, self.far) = (near, far) } }
}

/// How a tree gets from one directory to another in a test.
enum Route: String, Sendable, CaseIterable {
    case push, pull, daemonPush, daemonPull, local

    /// Copies the contents of a directory into another.
    func copy(
        _ source: String,
        to destination: String,
        _ options: TransferOptions,
        observer: RecordingObserver = RecordingObserver(),
        watch: StreamWatch? = nil
    ) throws -> Outcome {
        let target = DestinationArgument(path: Array(destination.utf8))
        let from = Array((source + "/").utf8)
        switch self {
        case .local:
            let result = LocalTransfer(options: options, observer: observer).run(
                [try .contents(of: source)],
                into: target
            )
            return Outcome(client: result, server: result, observer: observer)
        case .push:
            let roots = [try SourceRoot.contents(of: source)]
            return try overShell(.push(roots, to: Array(destination.utf8)), options, observer, watch)
        case .pull: return try overShell(.pull([from], into: target), options, observer, watch)
        case .daemonPush:
            let roots = [try SourceRoot.contents(of: source)]
            return try overDaemon(.push(roots, to: []), module: destination, options, observer, watch)
        case .daemonPull: return try overDaemon(.pull([[]], into: target), module: source, options, observer, watch)
        }
    }

    /// Runs a session with a server as over a remote shell.
    func overShell(
        _ direction: ClientSession.Direction,
        _ options: TransferOptions,
        _ observer: RecordingObserver = RecordingObserver(),
        _ watch: StreamWatch? = nil
    ) throws -> Outcome {
        let (near, far) = try SocketStream.pair()
        watch?.watch(near, far)
        let client = ClientSession(stream: near, options: options, observer: observer)
        let arguments = client.serverArguments(direction).encoded
        let server = try Background { ServerSession(observer: SilentObserver()).run(arguments: arguments, over: far) }
        let result = try Background { client.run(direction) }
        return Outcome(client: try result.value(), server: try server.value(), observer: observer)
    }

    private func overDaemon(
        _ direction: ClientSession.Direction,
        module: String,
        _ options: TransferOptions,
        _ observer: RecordingObserver,
        _ watch: StreamWatch?
    ) throws -> Outcome {
        let (near, far) = try SocketStream.pair()
        watch?.watch(near, far)
        let catalogue = FixedCatalogue([DaemonModule(name: Array("volume".utf8), volume: try Volume.open(path: module))]
        )
        let server = try Background { DaemonSession(catalogue: catalogue, observer: SilentObserver()).run(over: far) }
        let client = ClientSession(stream: near, options: options, observer: observer)
        let login = ClientSession.Login(user: "nobody") { () throws(EngineError) in [] }
        let result = try Background { client.run(module: Array("volume".utf8), direction, login: login) }
        let ended = try result.value()
        return Outcome(client: ended, server: try server.value().result ?? ended, observer: observer)
    }
}

extension TransferOptions {
    /// `-aH@-1 --delete`, ids as numbers: what tests make is all of one second.
    static var mirror: TransferOptions {
        var options = TransferOptions()
        options.setArchive()
        options.attributes.hardLinks = true
        options.deletion.isOn = true
        options.comparison.modifyWindow = -1
        options.attributes.numericIDs = true
        return options
    }
}
