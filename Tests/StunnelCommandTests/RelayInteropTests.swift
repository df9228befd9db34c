import Foundation
import TestSupport
import Testing
import Transport

@Suite("Relay InteropTests")
struct RelayInteropTests {
    @Test("forwards an end of file and continues in the other direction", .timeLimit(.minutes(10)), arguments: Ends.all)
    func halfClose(ends: Ends) throws {
        let hasAnswer = BoundedBox()
        let server = try PlainServer { stream in
            let question = try readAll(stream)
            // The answer begins only after the question has ended.
            try stream.write([UInt8](question.reversed()))
            try stream.write([UInt8](repeating: 9, count: 3_000_000))
            // Stock at the far end discards what it has not read yet once both directions of its plain side have ended.
            if ends.far == .stock, !question.isEmpty { _ = hasAnswer.wait() }
            try stream.closeWrite()
            _ = try stream.read(upTo: 1)
        }
        let pair = try RelayPair(near: ends.near, far: ends.far, target: server.target, version: ends.version)
        defer { pair.stop() }
        let stream = try pair.dial()
        var pattern = Pattern(seed: 3)
        let question = pattern.next(1_000_003)
        try stream.write(question)
        try stream.closeWrite()
        let expected = question.reversed() + [UInt8](repeating: 9, count: 3_000_000)
        var answer: [UInt8] = []
        while answer.count < expected.count {
            let piece = try stream.read(upTo: expected.count - answer.count)
            guard !piece.isEmpty else { break }
            answer += piece
        }
        #expect(answer == expected)
        hasAnswer.set([])
        #expect(try readAll(stream).isEmpty)
    }

    @Test("the server may end first", .timeLimit(.minutes(10)), arguments: Ends.all)
    func serverEndsFirst(ends: Ends) throws {
        let received = BoundedBox()
        let server = try PlainServer { stream in
            try stream.write(Array("greeting".utf8))
            try stream.closeWrite()
            // Whoever only looked whether the port is open sent nothing.
            let bytes = try readAll(stream)
            if !bytes.isEmpty { received.set(bytes) }
        }
        let pair = try RelayPair(near: ends.near, far: ends.far, target: server.target, version: ends.version)
        defer { pair.stop() }
        let stream = try pair.dial()
        #expect(try readAll(stream) == Array("greeting".utf8))
        var pattern = Pattern(seed: 4)
        let late = pattern.next(500_000)
        try stream.write(late)
        try stream.closeWrite()
        #expect(received.wait() == late)
    }

    @Test("carries single bytes and bursts of 16 MiB", .timeLimit(.minutes(10)), arguments: Ends.all)
    func sizes(ends: Ends) throws {
        let server = try PlainServer { try echoUntilEnd($0) }
        let pair = try RelayPair(near: ends.near, far: ends.far, target: server.target, version: ends.version)
        defer { pair.stop() }
        let stream = try pair.dial()
        for byte in UInt8(0)..<200 {
            try stream.write([byte])
            #expect(try stream.read(upTo: 10) == [byte])
        }
        var pattern = Pattern(seed: 5)
        for _ in 0..<2 {
            let burst = pattern.next(16 << 20)
            let reader = try Background { () -> [UInt8] in
                var back: [UInt8] = []
                while back.count < burst.count {
                    let piece = try stream.read(upTo: 1 << 20)
                    guard !piece.isEmpty else { break }
                    back += piece
                }
                return back
            }
            try stream.write(burst)
            #expect(try reader.value() == burst)
        }
        try stream.closeWrite()
        #expect(try readAll(stream).isEmpty)
    }

    @Test("serves 200 connections at once in bounded memory", .timeLimit(.minutes(10)))
    func many() throws {
        let server = try PlainServer { try echoUntilEnd($0) }
        let pair = try RelayPair(near: .dvm, far: .dvm, target: server.target)
        defer { pair.stop() }
        let streams = try (0..<200).map { _ in try pair.dial() }
        // All are open before the first moves a byte, and all move at once.
        let callers = try streams.enumerated().map { index, stream in
            try Background { () -> Bool in
                var pattern = Pattern(seed: UInt64(index))
                let sent = pattern.next(600_000)
                let reader = try Background { try readAll(stream) }
                try stream.write(sent)
                try stream.closeWrite()
                return try reader.value(within: 120) == sent
            }
        }
        for caller in callers { #expect(try caller.value(within: 120)) }
        for process in [pair.near.process, pair.far.process] {
            let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: {
                " \t".contains($0)
            })[1]
            #expect(peak.flatMap { Int($0) } ?? .max < 128 * 1024, "KiB: \(peak ?? "?")")
        }
    }

    @Test(
        "connects through a proxy that wants a password",
        .timeLimit(.minutes(10)),
        arguments: ProxyProcess.Program.allCases.filter(\.isInstalled)
    )
    func proxy(program: ProxyProcess.Program) throws {
        let server = try PlainServer { try echoUntilEnd($0) }
        let files = try CertificateAuthority().issue("localhost")
        let far = try RelayProcess(
            .dvm,
            isClient: false,
            connectingTo: server.target,
            settings: ["cert = \(files.certificate)", "key = \(files.key)"]
        )
        defer { far.process.stop() }
        let proxy = try ProxyProcess(program, connectPorts: [far.port])
        defer { proxy.process.stop() }
        let settings = ["protocol = connect", "protocolHost = localhost:\(far.port)", "protocolUsername = mover"]
        let near = try RelayProcess(
            .dvm,
            isClient: true,
            connectingTo: "127.0.0.1:\(proxy.port)",
            settings: settings + ["protocolPassword = \(program.password)"]
        )
        defer { near.process.stop() }
        let stream = try call(near.port)
        try stream.write(Array("through".utf8))
        try stream.closeWrite()
        #expect(try readAll(stream) == Array("through".utf8))
        try far.process.waitForOutput("called localhost")

        let refused = try RelayProcess(
            .dvm,
            isClient: true,
            connectingTo: "127.0.0.1:\(proxy.port)",
            settings: settings + ["protocolPassword = wrong"]
        )
        defer { refused.process.stop() }
        #expect(throws: TransportError.self) { _ = try readAll(try call(refused.port)) }
        try refused.process.waitForOutput("does not accept user")
        #expect(!refused.process.output.contains("wrong"))
    }
}

/// A value that one thread leaves for another.
final class BoundedBox: @unchecked Sendable {
    private let condition = NSCondition()
    private var bytes: [UInt8]?

    func set(_ value: [UInt8]) {
        condition.withLock {
            bytes = value
            condition.broadcast()
        }
    }

    func wait() -> [UInt8]? {
        let deadline = Date(timeIntervalSinceNow: 40)
        condition.lock()
        defer { condition.unlock() }
        while bytes == nil, condition.wait(until: deadline) {}
        return bytes
    }
}
