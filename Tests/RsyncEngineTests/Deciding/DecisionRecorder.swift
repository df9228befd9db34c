import RsyncWire
import Synchronization
import VolumeAccess

@testable import RsyncEngine

/// The decisions of one run, by name.
final class DecisionRecord: Sendable {
    private let decisions = Mutex<[String: String]>([:])

    var all: [String: String] { decisions.withLock { $0 } }

    /// Keeps a decision; of several about one name the last counts.
    func note(_ decision: Decision, _ candidate: Candidate) {
        let name = String(decoding: candidate.name, as: UTF8.self)
        let text =
            "\(decision.withoutMoment(candidate)), \(candidate.link.follows ? "of a file in place" : "by itself")"
        decisions.withLock { $0[name] = text }
    }
}

extension Decision {
    /// The decision without what depends on when it is made: how many names a file still has changes while others of its
    /// names are replaced.
    fileprivate func withoutMoment(_ candidate: Candidate) -> Decision {
        switch self {
        case .keep(let report, let attributes, _):
            .keep(report: report, attributes: candidate.entry.isRegular ? attributes : nil)
        case .transfer(let report, let attributes, _, let displaced, let basis):
            .transfer(report: report, attributes: attributes, inPlace: false, displaced: displaced, basis: basis)
        default: self
        }
    }
}

extension LinkRole {
    fileprivate var follows: Bool {
        if case .follows = self { true } else { false }
    }
}

/// Notes every decision on its way to what carries it out.
final class DecisionRecorder: Executor {
    private let executor: any Executor
    private let record: DecisionRecord

    init(_ executor: any Executor, _ record: DecisionRecord) {
        self.executor = executor
        self.record = record
    }

    func open(_ name: [UInt8], isNew: Bool) throws(VolumeError) -> VolumeDirectory? {
        try executor.open(name, isNew: isNew)
    }

    func carryOut(_ decision: Decision, _ candidate: Candidate) -> ExecutionResult {
        record.note(decision, candidate)
        return executor.carryOut(decision, candidate)
    }

    func makeDirectory(_ candidate: Candidate) throws(VolumeError) { try executor.makeDirectory(candidate) }

    func setAttributes(_ decision: Decision, ofDirectory candidate: Candidate) throws(VolumeError) {
        record.note(decision, candidate)
        try executor.setAttributes(decision, ofDirectory: candidate)
    }

    func finishDirectory(_ entry: FileEntry, _ name: [UInt8], isNew: Bool) -> Bool {
        executor.finishDirectory(entry, name, isNew: isNew)
    }
}
