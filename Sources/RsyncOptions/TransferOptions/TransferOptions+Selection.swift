package import LinuxSystem

extension TransferOptions {
    /// Which names are in the transfer.
    package struct Selection: Sendable, Equatable {
        /// `-r`.
        package var recursive = false
        /// `-d`: directories are sent without their contents; nil when not given, so that other options imply it.
        package var dirs: Bool?
        /// `-R`; nil when not given, so that `--files-from` implies it.
        package var keepsPaths: Bool?
        /// `--no-implied-dirs` when false.
        package var impliedDirectories = true
        /// `-x`, counted: 1 leaves out what is on other file systems, 2 the directories it is mounted on, too.
        package var oneFileSystem = 0
        /// `--max-size`, in bytes; nil for no limit.
        package var largestSize: Int64?
        /// `--min-size`, in bytes; nil for no limit.
        package var smallestSize: Int64?
        /// `--ignore-missing-args`.
        package var ignoresMissing = false
        /// `--list-only`, or a pull without a destination.
        package var listsOnly = false
        /// `--files-from`.
        package var filesFrom: FilesFrom?
        /// `--remove-source-files`.
        package var removesSources = false
        /// `--filter`, `--exclude`, `--include` and what other options imply, in order.
        package var filters = FilterList()
        /// The names that a daemon's module hides, relative to its root; they stay on this side.
        package var moduleFilters = FilterList()
        /// Whether a daemon's module hides names that its user may not read; it stays on this side.
        package var ignoresUnreadable = false
        /// `-m`: directories with nothing in them are left out.
        package var prunesEmptyDirectories = false
        /// `-C`.
        package var cvsExclude = false
        /// How symbolic links are treated.
        package var links = Links()

        /// Whether names in the transfer have the paths of the arguments.
        package var relative: Bool { keepsPaths ?? (filesFrom != nil) }

        /// Whether links to directories are followed at the destination.
        package var followsAtDestination: Bool { links.keepsDirectoryLinks || relative && !impliedDirectories }

        /// Whether directories are in the transfer.
        package var takesDirectories: Bool { recursive || dirs ?? (filesFrom != nil || listsOnly) }
    }

    /// How symbolic links are treated (rsync(1), "SYMBOLIC LINKS").
    package struct Links: Sendable, Equatable {
        /// `-L`: what links lead to is sent instead of them.
        package var copiesReferents = false
        /// `-k`: links to directories are sent as directories.
        package var copiesDirectories = false
        /// `--copy-unsafe-links`: what links lead to is sent instead of those that lead out of the transfer.
        package var copiesUnsafe = false
        /// `--safe-links`: the receiver leaves out links that lead out of the transfer.
        package var keepsSafeOnly = false
        /// `-K`: at the destination, links to directories count as directories.
        package var keepsDirectoryLinks = false
        /// `--munge-links`: links are stored in a form that cannot be followed.
        package var munges = false
        /// Whether a daemon's module keeps received targets from leading out of the transfer; it stays on this side.
        package var confinesTargets = false
        /// `--insecure-links`, `--confine-root`: how the user's own paths are opened; it stays on this side.
        package var paths = PathRule()

        /// Why the user's own paths cannot be opened in this way; nil if they can.
        package var pathConflict: String? {
            guard let limit = paths.limit else { return nil }
            if limit.first != PathParts.separator { return "--confine-root must be an absolute path" }
            return paths.followsAll ? "--insecure-links cannot be combined with --confine-root" : nil
        }

        /// Whether the sender follows links.
        package var followsAny: Bool { copiesReferents || copiesDirectories || copiesUnsafe }
    }
}
