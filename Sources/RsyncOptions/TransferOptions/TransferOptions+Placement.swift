extension TransferOptions {
    /// How files are written at the destination.
    package struct Placement: Sendable, Equatable {
        /// `-S`.
        package var sparse = false
        /// `--partial`.
        package var partial = false
        /// `--inplace`.
        package var inPlace = false
        /// `--append` or `--append-verify`; nil for neither.
        package var appending: Appending?
        /// `--write-devices`: a device at the name of a file is written into.
        package var writesDevices = false
        /// `--fsync`: the session is complete only when everything is on the destination's device.
        package var fsync = false
        /// `--partial-dir`: where what interrupted transfers leave is kept; nil for the usual place.
        package var partialDirectory: [UInt8]?
        /// `--compare-dest`, `--copy-dest`, `--link-dest`: further directories with files, at most
        /// ``alternatesLimit``.
        package var alternates: [[UInt8]] = []
        /// `--delay-updates`.
        package var delaysUpdates = false
        /// What ``alternates`` are used for.
        package var alternateUse = AlternateUse.compare
        /// `-y`, counted: files with similar names serve as a basis, with 2 those in ``alternates``, too.
        package var fuzziness = 0

        /// Whether what interrupted transfers leave is kept, and used.
        package var keepsPartials: Bool { (partial || partialPlace != nil) && !writesInPlace }

        /// Whether existing files are written in place: `--inplace`, or an option that implies it.
        package var writesInPlace: Bool { inPlace || appending != nil || writesDevices }

        /// The directory for partial files that an option names or implies; nil for the usual one.
        package var partialPlace: [UInt8]? { partialDirectory ?? (delaysUpdates ? Self.updatesDirectory : nil) }

        /// Whether complete files are held in the directory for partial files until the end of the transfer.
        package var holdsUpdates: Bool { delaysUpdates && !writesInPlace }

        /// `-b`: what is replaced or deleted is kept.
        package var backup = false
        /// `--backup-dir`, which implies `-b`: where it is kept; nil for its own directory.
        package var backupDirectory: [UInt8]?
        /// `--suffix`: what is added to its name; nil for ``usualSuffix``, or nothing with ``backupDirectory``.
        package var suffix: [UInt8]?
        /// `--temp-dir`: where files are made; nil for their own directory.
        package var temporaryDirectory: [UInt8]?
        /// `--preallocate`.
        package var preallocate = false
        /// `--mkpath`: missing directories of the destination's path are made.
        package var makesPath = false

        /// Where partial files are kept for which no option names a directory, as in rsync(1)'s examples.
        package static let usualPartialDirectory = Array(".rsync-partial".utf8)
        /// Where `--delay-updates` holds files for which no option names a directory.
        package static let updatesDirectory = Array(".~tmp~".utf8)
        /// The suffix of backups without `--suffix`.
        package static let usualSuffix = Array("~".utf8)

        /// Whether what is replaced or deleted is kept.
        package var makesBackups: Bool { backup || backupDirectory != nil }
        /// What is added to the names of backups.
        package var backupSuffix: [UInt8] { suffix ?? (backupDirectory == nil ? Self.usualSuffix : []) }

        /// Why backups cannot be made; nil if they can.
        package var backupConflict: String? {
            guard backupSuffix.isEmpty else { return nil }
            guard let backupDirectory else { return "--suffix cannot be empty without a --backup-dir" }
            return Self.ownDirectory.contains(backupDirectory) ? Self.suffixConflict : nil
        }

        /// Makes backups in the destination itself, whose names have a suffix, such that are beside what they are of.
        package mutating func settleBackups() {
            guard let backupDirectory, Self.ownDirectory.contains(backupDirectory), !backupSuffix.isEmpty else {
                return
            }
            backup = true
            self.backupDirectory = nil
        }

        /// A directory for backups without `./` in front of it, as rsync shows it and passes it to a server.
        package static func plain(_ path: [UInt8]) -> [UInt8] {
            var path = path[...]
            while path.starts(with: "./".utf8) { path = path.dropFirst(2).drop { $0 == UInt8(ascii: "/") } }
            return Array(path)
        }

        /// Spellings of the destination itself.
        private static let ownDirectory = ["", "."].map { Array($0.utf8) }
        /// The error for backups that would have the names of what they are of.
        package static let suffixConflict = "--suffix cannot be empty when --backup-dir is the same as the dest dir"

        /// The most alternate directories.
        package static let alternatesLimit = 20
    }
}

/// How shorter files are continued; on the wire, the number of times that `--append` is sent.
package enum Appending: Int, Sendable, Equatable {
    /// `--append`: what is there is not checked.
    case trusting = 1
    /// `--append-verify`: what is there is part of the whole-file checksum.
    case verifying = 2
}

/// What an equal file of an alternate directory is used for.
package enum AlternateUse: String, Sendable, Equatable {
    /// `--compare-dest`: the destination does without it.
    case compare
    /// `--copy-dest`: it is copied.
    case copy
    /// `--link-dest`: it is linked.
    case link
}
