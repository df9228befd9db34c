import Foundation
import LinuxSystem
import RsyncEngine
import RsyncOptions
import RsyncWire
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("Pace of a session", .timeLimit(.minutes(10)))
struct SessionPaceTests {
    /// A push of one file over a pair of sockets.
    private struct Push {
        let directory: TemporaryDirectory
        let pace = SessionPace()
        let progress = TransferProgress()
        let stop = SessionStop()
        let client: Background<SessionResult>
        let server: Background<SessionResult>

        /// Starts it with a file of `size` bytes and a time limit for both sides; `prepare` sets the pace before.
        init(size: Int, seconds: Int, _ prepare: (SessionPace) -> Void) throws {
            directory = try TemporaryDirectory()
            let (source, target) = (directory.file("source"), directory.file("target"))
            for path in [source, target] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            try Data(knownBytes(size, seed: 3)).write(to: URL(fileURLWithPath: source + "/file"))
            prepare(pace)
            var options = TransferOptions.mirror
            options.wire.timeout = seconds
            let (near, far) = try SocketStream.pair()
            var session = ClientSession(stream: near, options: options, observer: SilentObserver(), progress: progress)
            (session.pace, session.stop) = (pace, stop)
            let direction = ClientSession.Direction.push([try .contents(of: source)], to: Array(target.utf8))
            let (ready, arguments) = (session, session.serverArguments(direction).encoded)
            server = try Background { ServerSession(observer: SilentObserver()).run(arguments: arguments, over: far) }
            client = try Background { ready.run(direction) }
        }

        /// Waits until the sender has noticed the pause.
        func waitForPause() {
            let deadline = ContinuousClock.now + .seconds(60)
            while !isPaused, ContinuousClock.now < deadline { usleep(5000) }
        }

        var isPaused: Bool { progress.isPaused.load(ordering: .relaxed) }
        var moved: Int64 { progress.bytesMoved.load(ordering: .relaxed) }
        var isEqual: Bool {
            FileManager.default.contentsEqual(
                atPath: directory.file("source/file"),
                andPath: directory.file("target/file")
            )
        }
    }

    @Test("a pause may last longer than both sides wait for a silent peer")
    func pause() throws {
        let push = try Push(size: 500_000, seconds: 2) { $0.pause() }
        push.waitForPause()
        _ = BoundedQueue<Never>(capacity: 1, name: "a long pause").pop(within: .seconds(5))
        #expect(push.isPaused)
        #expect(push.moved == 0)
        push.pace.resume()
        #expect(try push.client.value().exitCode == 0)
        #expect(try push.server.value().exitCode == 0)
        #expect(push.isEqual)
        #expect(!push.isPaused)
    }

    @Test("a paused session ends when it is told to")
    func stopped() throws {
        let push = try Push(size: 500_000, seconds: 60) { $0.pause() }
        push.waitForPause()
        let start = ContinuousClock.now
        #expect(push.stop.request())
        #expect(try push.client.value().exitCode == 20)
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(!push.isEqual)
    }

    @Test("a limit that is set holds, and one that is lifted holds no more")
    func limit() throws {
        let start = ContinuousClock.now
        // The file would take half an hour.
        let push = try Push(size: 1_800_000, seconds: 60) { $0.limit = 1 }
        let wire = Duration.seconds(3)
        _ = BoundedQueue<Never>(capacity: 1, name: "some time at the limit").pop(within: wire)
        #expect(!push.isEqual)
        push.pace.limit = 0
        #expect(try push.client.value().exitCode == 0)
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(push.isEqual)
        #expect(push.pace.limit == 0)
        push.pace.limit = nil
        #expect(push.pace.limit == nil)
    }
}
