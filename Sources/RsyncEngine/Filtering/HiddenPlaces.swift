import LinuxSystem
import RsyncOptions

/// Refuses what a client names at a daemon's destination that the module's filters hide.
struct HiddenPlaces {
    private let filters: ModuleFilters
    private let destination: [UInt8]

    /// Prepares the check; nil where nothing is hidden.
    ///
    /// - Parameters:
    ///   - options: Have the module's rules.
    ///   - destination: The destination's path in the module.
    init?(_ options: TransferOptions, destination: [UInt8]) {
        guard let filters = ModuleFilters(options, in: []) else { return nil }
        self.filters = filters
        self.destination = destination
    }

    /// Why the destination cannot be used; nil if it is not hidden.
    func destinationRefusal(in place: SourcePlace) -> EngineError? {
        guard hides(SidePath.normalized(destination)) else { return nil }
        let shown = PrintableText.path(place.shown(argument: destination))
        return .usage("ERROR: daemon has excluded destination \"\(shown)\"", exitCode: 3)
    }

    /// Why the directories beside the destination that a client's options name cannot be used; nil if none is hidden.
    ///
    /// Without this, hidden files would be read as a basis, or replaced by backups and partial files.
    func refusal(of placement: TransferOptions.Placement) -> EngineError? {
        let text = "Your options have been rejected by the server."
        if [placement.backupDirectory, placement.temporaryDirectory].contains(where: isRefused) {
            return .usage("rsync: \(text)", exitCode: 4)
        }
        if (placement.alternates + [placement.partialDirectory]).contains(where: isRefused) {
            return .usage(text, exitCode: 1)
        }
        return nil
    }

    /// Whether a directory is hidden.
    ///
    /// It is not known yet whether the destination is a directory, which relative paths start at, or a file in one.
    private func isRefused(_ path: [UInt8]?) -> Bool {
        guard let path else { return false }
        guard path.first != PathParts.separator else { return hides(SidePath.normalized(path)) }
        return [destination, PathParts(destination).parent].contains { directory in
            hides(SidePath.normalized(directory + [PathParts.separator] + path))
        }
    }

    private func hides(_ path: [UInt8]) -> Bool { filters.hides(path, isDirectory: true) }
}
