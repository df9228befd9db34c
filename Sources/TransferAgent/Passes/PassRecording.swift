import Synchronization

/// Keeps the record of a running pass in its file.
///
/// ## Concurrency model
/// The threads of the volumes tell that their sessions begin; `begun` is guarded by its lock, which is held while the record
/// is written, so that a later one is never replaced by an earlier.
final class PassRecording: Sendable {
    private let file: PassRecordFile
    private let record: PassRecord
    private let begun = Mutex<Set<String>>([])

    /// Prepares a record; nothing is written.
    init(_ path: String, _ record: PassRecord) {
        file = PassRecordFile(path)
        self.record = record
    }

    /// Writes that the pass begins.
    func begin() throws(AgentError) { try file.write(record.running([])) }

    /// Writes that a volume's session begins, from which on its target is no longer as the pass before has left it.
    ///
    /// - Throws: ``AgentError`` when that cannot be written: the session must not begin then.
    func beginSession(_ volume: String) throws(AgentError) {
        try begun.withLock { (begun) throws(AgentError) in
            guard begun.insert(volume).inserted else { return }
            try file.write(record.running(begun))
        }
    }

    /// Writes how the pass ended.
    func end(_ result: PassResult) throws(AgentError) { try file.write(record.ended(result)) }
}
