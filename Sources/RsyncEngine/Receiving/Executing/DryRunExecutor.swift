import RsyncWire
import VolumeAccess

/// Changes nothing (`-n`): only looks for what would be deleted, and reports it.
final class DryRunExecutor: Executor {
    private let context: GeneratorContext
    private let deleter: Deleter

    init(_ context: GeneratorContext, _ deleter: Deleter) {
        self.context = context
        self.deleter = deleter
    }

    func open(_ name: [UInt8], isNew: Bool) throws(VolumeError) -> VolumeDirectory? {
        guard !isNew else { return nil }
        do throws(VolumeError) {
            return try context.directories.directory(name.span)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    func carryOut(_ decision: Decision, _ candidate: Candidate) -> ExecutionResult {
        guard decision.displaced == .directory, let directory = candidate.directory else { return .done }
        do throws(VolumeError) {
            return try deleter.makeWay(for: candidate, in: directory) ? .done : .failed
        } catch {
            context.report(error, "could not make way for new entry: rmdir")
            return .failed
        }
    }

    func makeDirectory(_ candidate: Candidate) throws(VolumeError) {}

    func setAttributes(_ decision: Decision, ofDirectory candidate: Candidate) throws(VolumeError) {}

    func finishDirectory(_ entry: FileEntry, _ name: [UInt8], isNew: Bool) -> Bool { !isNew }
}
