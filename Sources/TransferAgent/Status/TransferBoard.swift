import AgentControl
import LinuxSystem
import RsyncEngine
import Synchronization

/// What a running transfer tells who asks for its status: the state of each volume.
///
/// ## Concurrency model
/// `states` is guarded by its lock, which is held only to copy values: whoever asks never holds up the transfer.
final class TransferBoard: Sendable {
    private enum State {
        case waiting
        case running(TransferProgress, since: ContinuousClock.Instant)
        case ended(VolumeOutcome)
    }

    /// The kind of the pass; nil for none in particular.
    let kind: PassKind?
    private let states: Mutex<[(name: String, brakes: JSONValue, state: State)]>

    /// Names the volumes, in the order of the job.
    init(_ job: SourceJob) {
        kind = job.kind
        states = Mutex(job.volumes.map { ($0.name, .object($0.brakes), .waiting) })
    }

    func begin(_ volume: String, _ progress: TransferProgress) { set(volume, .running(progress, since: .now)) }

    func end(_ outcome: VolumeOutcome) { set(outcome.name, .ended(outcome)) }

    private func set(_ volume: String, _ state: State) {
        states.withLock { states in
            for index in states.indices where states[index].name == volume { states[index].state = state }
        }
    }

    /// What each volume does, as JSON objects (docs/schemas/source-status.schema.json).
    var volumes: [JSONValue] {
        states.withLock { $0 }.map { volume in
            let fixed: [(String, JSONValue)] = [("name", .text(volume.name)), ("brakes", volume.brakes)]
            return .object(fixed + Self.members(volume.state, volume.name))
        }
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
                ("reason", outcome.error.map { .text(String($0.observed.unicodeScalars.prefix(1000))) } ?? .null),
                ("elapsedSeconds", .decimal(outcome.elapsed.inSeconds)),
            ]
        }
    }
}
