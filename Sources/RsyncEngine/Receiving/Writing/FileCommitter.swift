import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Gives complete files their names: at once, or later where updates are held (`--delay-updates`).
///
/// One thread uses a committer.
final class FileCommitter {
    private let state: SessionState
    private let destination: Destination
    private let directories: DirectoryCache
    private let sideFiles: SideFiles
    private let backups: Backups?
    private let synchronizer: Synchronizer?
    private let holdsUpdates: Bool

    init(state: SessionState, destination: Destination, directories: DirectoryCache, synchronizer: Synchronizer?) {
        self.state = state
        self.destination = destination
        self.directories = directories
        self.synchronizer = synchronizer
        sideFiles = SideFiles(destination.places)
        backups = destination.backups(state)
        holdsUpdates = state.options.placement.holdsUpdates
    }

    /// Gives a file its metadata and its name, or a name in the directory for partial files.
    ///
    /// - Parameters:
    ///   - file: The complete content.
    ///   - plan: What it is for.
    /// - Returns: Whether it is in place, and not held; and the attributes that could not be set.
    /// - Throws: ``VolumeError``; the existing file is then unchanged.
    func commit(
        _ file: StagedFile,
        _ plan: TransferPlan
    ) throws(VolumeError) -> (isInPlace: Bool, failures: [VolumeError]) {
        if holdsUpdates, ownsPartial(plan), let place = try holdingPlace(for: plan) {
            return (false, try file.commit(plan.attributes, in: place, as: leaf(of: plan).span))
        }
        if let backups, plan.replaces {
            try backups.keep(leaf(of: plan).span, in: directory(of: plan))
        }
        let failures = try file.commit(plan.attributes)
        try noteInPlace(plan, size: plan.entry.size)
        return (true, failures)
    }

    /// Where a complete file waits for its name; nil if it need not wait.
    private func holdingPlace(for plan: TransferPlan) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try sideFiles.partials(of: leaf(of: plan), in: directory(of: plan), making: true)
        } catch {
            let name = PrintableText.path(destination.path(of: plan.entry, in: plan.list))
            state.report("Unable to create partial-dir for \(name) -- discarding completed file.", .errorTransfer)
            throw error
        }
    }

    /// Records that a file is in place, and has still to be flushed to the device.
    ///
    /// - Parameters:
    ///   - plan: What was transferred.
    ///   - size: The file's size in bytes.
    /// - Throws: ``VolumeError`` when what an earlier transfer left of it cannot be looked for.
    func noteInPlace(_ plan: TransferPlan, size: Int64) throws(VolumeError) {
        if plan.hasPartial, ownsPartial(plan) {
            sideFiles.removePartial(of: leaf(of: plan), in: try directory(of: plan))
        }
        synchronizer?.note(destination.path(of: plan.entry, in: plan.list), size: size)
    }

    /// Keeps what has arrived of a file, under its own name if that is free, or in the directory for partial files.
    ///
    /// - Parameters:
    ///   - file: The incomplete content.
    ///   - plan: What it is for.
    /// - Throws: ``VolumeError``; then nothing is kept.
    func keepPartial(_ file: StagedFile, _ plan: TransferPlan) throws(VolumeError) {
        let (directory, leaf) = (try directory(of: plan), leaf(of: plan))
        guard ownsPartial(plan) else { return file.discard() }
        // Under its own name it must not be taken for the file, nor replace anything.
        if destination.places.namesPartials, try directory.status(of: leaf.span) == nil {
            return try file.keepPartial()
        }
        guard let place = try sideFiles.partials(of: leaf, in: directory, making: true) else { return file.discard() }
        let known = try place.status(of: leaf.span)
        // What an earlier transfer left may be worth more.
        guard known.map({ $0.size <= file.length }) ?? true else { return file.discard() }
        try file.keepPartial(in: place, as: leaf.span)
    }

    /// Whether the name of a file in the directory for partial files is not that of another file that may wait there.
    private func ownsPartial(_ plan: TransferPlan) -> Bool {
        destination.places.heldNames?.take(leaf(of: plan), for: plan.index) ?? true
    }

    private func directory(of plan: TransferPlan) throws(VolumeError) -> VolumeDirectory {
        try directories.directory(plan.list.parent(of: plan.entry).span)
    }

    private func leaf(of plan: TransferPlan) -> ArraySlice<UInt8> { destination.leaf(of: plan.entry, in: plan.list) }
}
