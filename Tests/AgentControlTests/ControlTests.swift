import Foundation
import SecureTunnel
import Synchronization
import TestSupport
import Testing
import Transport
import VolumeAccess
import VolumeCapacity

@testable import AgentControl

/// A target with one volume, `data`, that nobody writes to.
struct OneVolume: ControlVolumes {
    let data: Volume

    var durabilityWord: String { "power" }
    func volume(named name: String) throws(ControlError) -> Volume? { name == "data" ? data : nil }
    func writer(of volume: Volume, named name: String, job: String, user: [UInt8]) throws(VolumeError) -> String? {
        nil
    }
}

/// A control server on a thread, and the stream that leads to it.
struct Conversation {
    let directory: TemporaryDirectory
    let stream: SocketStream
    /// The server's end.
    let far: SocketStream
    let server: Background<ControlServer.Report>
    /// Whether the server's side was stopped.
    let isStopped = Flag()

    final class Flag: Sendable {
        let value = Atomic(false)
    }

    init() throws {
        directory = try TemporaryDirectory()
        let path = directory.file("volume")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let volumes = OneVolume(data: try Volume.open(path: path))
        let (near, far) = try SocketStream.pair()
        stream = near
        self.far = far
        let control = ControlServer(volumes: volumes, idleLimit: .seconds(120)) { user in
            user == Array("root".utf8) ? SecretBytes("secret") : nil
        }
        let isStopped = isStopped
        server = try Background {
            control.serve(far, isStopped: { isStopped.value.load(ordering: .relaxed) })
        }
    }

    func login(user: String = "root", password: String = "secret") throws -> ControlClient {
        let identity = ControlLogin.Identity(user: user, password: SecretBytes(password))
        return try ControlClient(over: stream, as: identity, silenceLimit: .seconds(120))
    }
}

// One after the other: each holds on to one of the few threads that all tests share.
@Suite("Control channel", .serialized, .timeLimit(.minutes(10)))
struct ControlTests {
    @Test("answers requests after the login, and ends when the source does")
    func conversation() throws {
        let talk = try Conversation()
        try Data("x".utf8).write(to: URL(fileURLWithPath: talk.directory.file("volume/file")))
        let client = try talk.login()
        let facts = try client.facts(ofVolume: "data")
        #expect(facts.space.totalBytes > 0)
        #expect(facts.space.freeBytes > 0)
        #expect(!facts.isEmpty)
        #expect(try client.facts(ofVolume: "data").space.type == facts.space.type)
        client.close()
        let report = try talk.server.value()
        #expect(report.user == "root")
        #expect(report.answered == 2)
        #expect(report.failure == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: talk.directory.file("volume")) == ["file"])
    }

    @Test(
        "a wrong password and an unknown user get the same delayed refusal",
        arguments: [("root", "x"), ("x", "secret")]
    )
    func refused(user: String, password: String) throws {
        let talk = try Conversation()
        let start = ContinuousClock.now
        let error = #expect(throws: ControlError.self) { try talk.login(user: user, password: password) }
        #expect(error == .loginRefused("wrong user or password"))
        #expect(ContinuousClock.now - start >= ControlLogin.penalty)
        let report = try talk.server.value()
        #expect(report.user.isEmpty)
        #expect(report.failure == .loginRefused("wrong user or password"))
    }

    @Test("a target that does not know the password is not trusted")
    func falseTarget() throws {
        let (near, far) = try SocketStream.pair()
        let impostor = try Background {
            let channel = ControlChannel(far)
            try channel.send([("dvm", .integer(1)), ("challenge", .text(String(repeating: "0", count: 64)))])
            let login = try channel.message(by: .now + .seconds(10), "a login")
            // It sends the source's own proof back, which has another label.
            try channel.send([("proof", login["proof"] ?? .null)])
        }
        let error = #expect(throws: ControlError.self) {
            let identity = ControlLogin.Identity(user: "root", password: SecretBytes("secret"))
            return try ControlClient(over: near, as: identity, silenceLimit: .seconds(120))
        }
        #expect(error == .loginRefused("the target did not prove that it knows the password"))
        try impostor.value()
    }

    @Test("an unknown request and an unknown volume are rejected, and the conversation continues")
    func unknown() throws {
        let talk = try Conversation()
        let client = try talk.login()
        #expect(throws: ControlError.unknownRequest("dance")) { try client.ask("dance", [], within: .seconds(10)) }
        #expect(throws: ControlError.refused("no such volume")) { try client.facts(ofVolume: "other") }
        #expect(throws: ControlError.refused("no such volume")) {
            try client.ask("volume", [("name", .integer(7))], within: .seconds(10))
        }
        _ = try client.facts(ofVolume: "data")
        client.close()
        #expect(try talk.server.value().failure == nil)
    }

    @Test("a source that asks nothing learns from its next request that the target was stopped")
    func stopped() throws {
        let talk = try Conversation()
        let client = try talk.login()
        talk.isStopped.value.store(true, ordering: .relaxed)
        let report = try talk.server.value()
        #expect(report.failure == nil && report.answered == 0)
        #expect(throws: ControlError.stopped) { try client.facts(ofVolume: "data") }
    }

    @Test("throughput counts what arrived")
    func throughput() throws {
        let talk = try Conversation()
        let client = try talk.login()
        let found = try client.throughput(for: .milliseconds(50), atMost: .max, kibibytesPerSecond: 0)
        #expect(found.arrived.bytes > 0)
        #expect(found.arrived.bytes == found.sent.bytes)
        #expect(found.sent.duration >= .milliseconds(50))
        #expect(found.arrived.duration >= .milliseconds(40))
        #expect(found.arrived.rate > 0)
        _ = try client.facts(ofVolume: "data")
        client.close()
        #expect(try talk.server.value().answered == 2)
    }

    @Test("throughput sends no more bytes than it may, and no faster")
    func limitedThroughput() throws {
        let talk = try Conversation()
        let client = try talk.login()
        let few = try client.throughput(for: .seconds(600), atMost: 1 << 20, kibibytesPerSecond: 0)
        #expect((1 << 20..<2 << 20).contains(few.sent.bytes))
        // An eighth of a second's bytes at a time: the fifth write ends after more than half a second.
        let slow = try client.throughput(for: .seconds(600), atMost: 60_000, kibibytesPerSecond: 98)
        #expect(slow.sent.bytes == 5 * 12_544 && slow.arrived.bytes == 5 * 12_544)
        #expect(slow.sent.duration >= .milliseconds(500))
        client.close()
    }

    @Test("silence lasts as long as requested, and an invalid time is rejected")
    func quiet() throws {
        let talk = try Conversation()
        let client = try talk.login()
        let before = talk.stream.activity.bytesRead
        let quiet = try client.keepQuiet(for: .milliseconds(300), patience: .seconds(10))
        #expect(quiet >= .milliseconds(300))
        #expect(talk.stream.activity.bytesRead - before == UInt64(5 + "{\"quiet\":300}".utf8.count))
        for time: JSONValue in [.integer(0), .integer(-1), .integer(.max), .text("1"), .null] {
            #expect(throws: ControlError.refused("the requested time is out of range")) {
                try client.ask(QuietRequest.name, [("milliseconds", time)], within: .seconds(10))
            }
        }
        client.close()
        #expect(try talk.server.value().failure == nil)
    }

    @Test("a message during the silence is a protocol error")
    func messageInSilence() throws {
        let talk = try Conversation()
        let client = try talk.login()
        try client.begin("quiet", [("milliseconds", .integer(60_000))])
        try client.begin("volume", [("name", .text("data"))])
        #expect(try talk.server.value().failure == .broken("a frame during the silence"))
    }

    @Test(
        "an unauthenticated client's broken bytes end the conversation and nothing else",
        arguments: [
            "00000801 01  # a frame longer than a stranger may send",
            "ffffffff 01  # the longest length",
            "00000002 01 5b5d  # a list in place of an object",
            "00000002 01 7b7d  # an object without members",
            "00000002 07 7b7d  # an unknown kind",
            "00000002 02 7b7d  # data in place of a login",
            "00000003 01 7b7d ff  # no JSON",
            "0000",
        ]
    )
    func hostile(hex: String) throws {
        let talk = try Conversation()
        try talk.stream.write(bytes(hex: hex))
        try talk.stream.closeWrite()
        let report = try talk.server.value()
        #expect(report.failure != nil)
        #expect(report.user.isEmpty)
    }

    @Test("random bytes never get past the login")
    func noise() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<10 {
            let talk = try Conversation()
            var noise = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
            (noise[0], noise[1], noise[2], noise[4]) = (0, 0, noise[2] & 3, noise[4] & 3)
            try talk.stream.write(noise)
            try talk.stream.closeWrite()
            let report = try talk.server.value()
            #expect(report.failure != nil && report.user.isEmpty)
        }
    }

    @Test("a message among data is a protocol error")
    func messageInData() throws {
        let talk = try Conversation()
        let client = try talk.login()
        try client.begin("throughput", [])
        try client.begin("volume", [("name", .text("data"))])
        #expect(try talk.server.value().failure == .broken("a message among data"))
    }
}

@Suite("TargetFacts of a peer")
struct PeerFactsTests {
    private func facts(used: Int64 = 0, freeInodes: Int64 = 1) -> TargetFacts? {
        try? TargetFacts(
            answer: .object([
                ("fileSystem", .text("ext4")), ("blockSize", .integer(4096)), ("totalBytes", .integer(.max)),
                ("usedBytes", .integer(used)), ("freeBytes", .integer(.max)), ("readOnly", .flag(false)),
                ("longestName", .integer(255)), ("empty", .flag(false)), ("freeInodes", .integer(freeInodes)),
            ])
        )
    }

    @Test("values whose sum overflows 64 bits do not crash")
    func largest() throws {
        #expect(try #require(facts(used: .max)).capacity == 2 * TargetFacts.largestFigure)
    }

    @Test("a negative number of inodes is rejected", arguments: [-1, Int64.min])
    func negative(inodes: Int64) {
        #expect(facts(freeInodes: inodes) == nil)
    }
}
