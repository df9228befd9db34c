package import AgentControl
import LinuxSystem
import RsyncEngine
import Synchronization

/// What a running transfer tells who asks for its status: the state of each volume.
///
/// ## Concurrency model
/// `volumes` is guarded by its lock, which is held only to copy values: whoever asks never holds up the transfer.
package final class TransferBoard: Sendable {
    private enum State {
        case waiting
        case running(TransferProgress, since: ContinuousClock.Instant)
        case ended(VolumeOutcome)
    }

    private let start = ContinuousClock.now
    private let volumes: Mutex<[(name: String, state: State)]>

    /// Names the volumes, in the order of the job.
    package init(_ names: [String]) { volumes = Mutex(names.map { ($0, .waiting) }) }

    func begin(_ volume: String, _ progress: TransferProgress) { set(volume, .running(progress, since: .now)) }

    func end(_ outcome: VolumeOutcome) { set(outcome.name, .ended(outcome)) }

    private func set(_ volume: String, _ state: State) {
        volumes.withLock { volumes in
            for index in volumes.indices where volumes[index].name == volume { volumes[index].state = state }
        }
    }

    /// Answers the requests of commands: `status`.
    package func answer(_ request: String) -> [(String, JSONValue)]? {
        guard request == "status" else { return nil }
        let volumes = volumes.withLock { $0 }
        var hasEnded = true
        let shown = volumes.map { volume in
            if case .ended = volume.state {} else { hasEnded = false }
            return JSONValue.object([("name", .text(volume.name))] + Self.members(volume.state, volume.name))
        }
        return LocalControl.members("dvm-source", hasEnded ? "ended" : "running", since: start)
            + [("volumes", .list(shown))]
    }

    private static func members(_ state: State, _ name: String) -> [(String, JSONValue)] {
        switch state {
        case .waiting: return [("state", .text("waiting"))]
        case .running(let progress, let start):
            var reading = ProgressReading(volume: name, progress)
            reading.elapsed = (ContinuousClock.now - start).inSeconds
            return [
                ("state", .text("running")), ("phase", .text(reading.phase)),
                ("percent", reading.percent.map { .integer(Int64($0)) } ?? .null),
                ("bytesDone", .integer(reading.bytesDone)), ("bytesListed", .integer(reading.bytesListed)),
                ("bytesMoved", .integer(reading.bytesMoved)), ("filesListed", .integer(reading.entriesListed)),
                ("filesTransferred", .integer(reading.filesTransferred)), ("elapsedSeconds", .decimal(reading.elapsed)),
            ]
        case .ended(let outcome):
            return [
                ("state", .text("ended")), ("outcome", .text(TerminationReport.Outcome(outcome.error).rawValue)),
                ("exitCode", .integer(Int64(outcome.exitCode))),
                ("code", outcome.error.map { .text($0.failure.code) } ?? .null),
                ("reason", outcome.error.map { .text($0.observed) } ?? .null),
                ("elapsedSeconds", .decimal(outcome.elapsed.inSeconds)),
            ]
        }
    }
}
