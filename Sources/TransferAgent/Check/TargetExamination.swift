package import RsyncEngine
import Transport

extension SourceJob {
    /// Checks a target as a transfer does before it sends anything, and sends nothing; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - volume: One of the job's volumes.
    ///   - source: Its source.
    ///   - call: The connections, so that they can be cancelled.
    ///   - display: Gets the messages that a transfer would show.
    /// - Returns: What was observed, without the volume's name; nil if the job asks for no check.
    /// - Throws: ``AgentError`` with which a transfer would end.
    package func examine(
        _ volume: VolumeJob,
        _ source: SourceRoot,
        for call: CancellableCall,
        _ display: ProgressDisplay
    ) throws(AgentError) -> [String]? {
        guard volume.check != .none else { return nil }
        var observed: [String] = []
        var step = TargetCheckStep(volume: volume, source: source, job: self, call: call, display: display)
        step.listener = { observed.append($0) }
        // Nothing is deleted.
        step.hasCountedDeletions = true
        try step.run().stream?.close()
        return observed
    }
}
