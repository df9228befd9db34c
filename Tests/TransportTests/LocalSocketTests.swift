import Foundation
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite("Local sockets", .timeLimit(.minutes(10)))
struct LocalSocketTests {
    @Test("a listener that accepts nobody holds a client up only for as long as it wants to wait")
    func fullQueue() throws {
        let name = "@dvm-test-\(getpid())-full"
        let listener = try Listener(local: name)
        defer { listener.close() }
        var waiting: [SocketStream] = []
        let limit = Duration.milliseconds(50)
        let error = #expect(throws: TransportError.self) {
            for _ in 0..<100 { waiting.append(try dialLocal(name, within: limit)) }
        }
        #expect(error == .timedOut(waitingFor: "\(name) to accept a connection", after: limit))
    }

    @Test("a named pipe is no socket, and nobody waits for its other end")
    func pipe() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket")
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: TransportError.self) { try dialLocal(path, within: .seconds(60)) }
    }

    @Test("of listeners that start at the same time one takes the place of a dead one, and keeps it")
    func race() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket")
        for _ in 0..<100 {
            try Listener(local: path).close()
            let listeners = Mutex<[Listener]>([])
            let threads = try (0..<4).map { number in
                try WorkerThread(name: "start \(number)") {
                    guard let listener = try? Listener(local: path) else { return }
                    listeners.withLock { $0.append(listener) }
                }
            }
            for thread in threads { thread.join() }
            let started = listeners.withLock { $0 }
            #expect(started.count == 1)
            let client = try dialLocal(path, within: .seconds(60))
            _ = try #require(try? started.first?.accept(within: .seconds(60)))
            client.close()
            for listener in started { listener.close() }
        }
    }

    @Test("a directory that a volume's writer has locked is no obstacle")
    func lockedDirectory() throws {
        let directory = try TemporaryDirectory()
        let writer = open(directory.path, O_RDONLY | O_DIRECTORY)
        defer { close(writer) }
        #expect(flock(writer, LOCK_SH) == 0)
        try Listener(local: directory.file("socket")).close()
    }

    @Test("a name is free once its listener is closed, although a child process may hold the socket for a moment")
    func inherited() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket")
        let first = try Listener(local: path)
        let held = try #require(try Self.duplicate(ofListenerAt: path))
        defer { close(held) }
        first.close()
        try Listener(local: path).close()
    }

    /// Another descriptor of a socket of this process, such as a child has between fork and exec.
    private static func duplicate(ofListenerAt path: String) throws -> Int32? {
        let sockets = try String(contentsOfFile: "/proc/net/unix", encoding: .utf8).split(separator: "\n")
        let line = sockets.first { $0.hasSuffix(" " + path) }
        guard let inode = line?.split(separator: " ").dropLast().last else { return nil }
        let directory = "/proc/self/fd"
        let number = try FileManager.default.contentsOfDirectory(atPath: directory).first {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")) == "socket:[\(inode)]"
        }
        return number.flatMap { Int32($0) }.map { dup($0) }
    }

    @Test("what is not a dead socket of this user stays", arguments: ["file", "pipe", "link", "stranger", "live"])
    func kept(_ kind: String) throws {
        let directory = try TemporaryDirectory()
        let (path, other) = (directory.file("socket"), directory.file("other"))
        var live: Listener?
        defer { live?.close() }
        switch kind {
        case "file": close(open(path, O_CREAT | O_WRONLY, 0o600))
        case "pipe": #expect(mkfifo(path, 0o600) == 0)
        case "link":
            try Listener(local: other).close()
            #expect(symlink(other, path) == 0)
        case "stranger":
            try Listener(local: path).close()
            #expect(chown(path, 65534, 65534) == 0)
        default: live = try Listener(local: path)
        }
        let before = try DescriptorStatus(ofName: path)
        let error = #expect(throws: TransportError.self) { try Listener(local: path) }
        #expect(error == .cannotListen(address: path, cause: SystemError(operation: "bind", number: EADDRINUSE)))
        #expect(try DescriptorStatus(ofName: path).isSameFile(as: before))
    }
}
