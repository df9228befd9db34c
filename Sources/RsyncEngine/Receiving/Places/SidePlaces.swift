import LinuxSystem
import RsyncOptions
import VolumeAccess

/// The directories beside the destination that a session uses.
final class SidePlaces: Sendable {
    /// Where what interrupted transfers leave is kept.
    enum Partials: Sendable {
        /// Below each directory of the destination.
        case below([UInt8])
        /// In one directory for all.
        case fixed([UInt8], SidePath)
    }

    /// Directories with further files; nil for those that cannot be opened.
    let alternates: [Volume?]
    let partials: Partials?
    /// Whether what an interrupted transfer leaves gets the file's own name where there is none yet (`--partial` without
    /// `--partial-dir`).
    let namesPartials: Bool

    /// The directory for partial files where no option names one, as in rsync(1)'s examples.
    static let usualPartials = Array(".rsync-partial".utf8)

    /// No directories.
    static let none = SidePlaces()

    private init() {
        alternates = []
        partials = nil
        namesPartials = false
    }

    /// Opens the directories that the options name; those that are missing are reported.
    init(_ options: TransferOptions.Placement, _ path: SidePath, _ state: SessionState) {
        alternates = options.alternates.map { Self.alternate($0, of: options.alternateUse, path, state) }
        namesPartials = options.partialDirectory == nil
        guard options.keepsPartials else {
            partials = nil
            return
        }
        let directory = options.partialDirectory ?? Self.usualPartials
        let isFixed = directory.first == PathParts.separator
        partials = isFixed ? .fixed(directory, path) : .below(SidePath.normalized(directory))
    }

    private static func alternate(
        _ directory: [UInt8],
        of use: AlternateUse,
        _ path: SidePath,
        _ state: SessionState
    ) -> Volume? {
        do throws(VolumeError) {
            return try path.open(directory)
        } catch {
            let option = "--\(use.rawValue)-dest"
            if error.isMissing {
                state.report("\(option) arg does not exist: \(printable(directory))", .warning)
            } else {
                state.report("\(option) arg cannot be used: \(error)", .warning)
            }
            return nil
        }
    }
}
