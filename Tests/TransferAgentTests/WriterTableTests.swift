import Foundation
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import VolumeAccess

@testable import RsyncEngine
@testable import TransferAgent

/// Who may write to a volume.
struct WriterTableTests {
    private let directory: TemporaryDirectory
    private let volume: Volume
    private let table = WriterTable()

    init() throws {
        directory = try TemporaryDirectory()
        volume = try Volume.open(path: directory.path)
    }

    private func request(_ job: String, user: String = "mover", _ session: Session = Session()) -> DaemonRequest {
        DaemonRequest(user: Array(user.utf8), peer: "10.0.0.7:1", isWriting: true, job: job, connection: session)
    }

    private func claim(_ request: DaemonRequest) throws -> WriterClaim? {
        switch try table.claim(volume, named: "data", for: request) {
        case .granted(let claim): claim
        case .inUse: nil
        }
    }

    @Test("the second is told who is writing, and gets the volume when that session has ended")
    func second() throws {
        var first = try claim(request("a"))
        #expect(first?.reach == .everywhere)
        guard case .inUse(let holder) = try table.claim(volume, named: "data", for: request("b")) else {
            Issue.record("the volume was given twice")
            return
        }
        #expect(holder.contains("volume data has been written to from 10.0.0.7:1, user mover"))
        #expect(try table.holder(of: volume, named: "data", job: "b", user: Array("mover".utf8)) != nil)
        #expect(try table.holder(of: volume, named: "data", job: "a", user: Array("mover".utf8)) == nil)
        first = nil
        #expect(try table.holder(of: volume, named: "data", job: "b", user: Array("mover".utf8)) == nil)
        #expect(try claim(request("b")) != nil)
    }

    /// A session on another thread, and its claim.
    private final class Session: DaemonConnection {
        let claim = Mutex<WriterClaim?>(nil)
        let isGone: Bool

        init(isGone: Bool = false) { self.isGone = isGone }

        func beginSession() -> [UInt8]? { nil }

        func end() { claim.withLock { $0 = nil } }
    }

    @Test("a session of the same job and user ends the previous one and replaces it", arguments: ["mover", "another"])
    func takeover(user: String) throws {
        let session = Session()
        try session.claim.withLock { $0 = try claim(request("a", session)) }
        #expect((try claim(request("a", user: user)) != nil) == (user == "mover"))
        #expect(session.claim.withLock { $0 == nil } == (user == "mover"))
    }

    @Test("a new session waits for one whose source has hung up")
    func hungUp() throws {
        let session = Session(isGone: true)
        try session.claim.withLock { $0 = try claim(request("a", session)) }
        let ending = try WorkerThread(name: "ending") {
            _ = BoundedQueue<Never>(capacity: 1, name: "the session's end").pop(within: .milliseconds(1500))
            session.end()
        }
        #expect(try claim(request("b")) != nil)
        #expect(session.claim.withLock { $0 == nil })
        ending.join()
    }
}

/// What keeps deletions back where a dry run counts them.
struct DeletionBrakeTests {
    private func brake(_ change: (inout PassSettings) -> Void = { _ in }) throws -> DeletionBrake {
        var settings = PassSettings()
        change(&settings)
        return try DeletionBrake(settings)
    }

    private func failure(
        _ brake: DeletionBrake,
        _ deletions: Int64,
        _ entries: Int64,
        isEmpty: Bool = false
    ) -> FailureClass? {
        do throws(AgentError) {
            try brake.judge(deletions: deletions, of: entries, isSourceEmpty: isEmpty)
            return nil
        } catch {
            return error.failure
        }
    }

    @Test("half of the entries may be deleted, and anything below a hundred entries")
    func share() throws {
        let brake = try brake()
        #expect(failure(brake, 50, 100) == nil)
        #expect(failure(brake, 51, 100) == .tooManyDeletions)
        #expect(failure(brake, 99, 99) == nil)
        #expect(failure(brake, .max / 4, .max / 2) == nil)
        #expect(failure(brake, .max, .max) == .tooManyDeletions)
        #expect(failure(try self.brake { $0.deleteLimit = 100 }, 100, 100) == nil)
        #expect(failure(try self.brake { $0.deleteLimit = 0 }, 1, 100) == .tooManyDeletions)
    }

    @Test("an empty source deletes nothing unless it is allowed to")
    func empty() throws {
        #expect(failure(try brake(), 1, 1, isEmpty: true) == .emptySource)
        #expect(failure(try brake(), 0, 0, isEmpty: true) == nil)
        #expect(failure(try brake { $0.allowEmptySource = true }, 1, 1, isEmpty: true) == nil)
        #expect(failure(try brake { $0.delete = false }, 1, 1, isEmpty: true) == nil)
    }

    @Test("a share is 0 to 100 percent", arguments: [-1, 101])
    func badShare(limit: Int) {
        #expect(throws: AgentError.self) { try brake { $0.deleteLimit = limit } }
    }
}
