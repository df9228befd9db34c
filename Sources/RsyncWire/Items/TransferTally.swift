/// What a receiving side of our own has in place: the payload of ``MessageTag/tally``, which only a peer gets that asked for
/// it.
///
/// Numbers of 8 bytes, little-endian, in the order of ``TransferTally/fields``; a later version has more of them, and what a
/// reader does not know it leaves alone.
package struct TransferTally: Equatable, Sendable {
    /// Why nothing was deleted.
    package enum Refusal: Int64, Sendable {
        /// The sender has no entries.
        case emptySource = 1
        /// More entries were to be deleted than the limit allows.
        case tooMany = 2
    }

    /// Regular files whose content was transferred and that have their names.
    package var transferredFiles: Int64 = 0
    /// Regular files that were not there before.
    package var createdFiles: Int64 = 0
    /// Directories that were not there before.
    package var createdDirectories: Int64 = 0
    /// Symbolic links that were not there before.
    package var createdLinks: Int64 = 0
    /// Devices that were not there before.
    package var createdDevices: Int64 = 0
    /// FIFOs and sockets that were not there before.
    package var createdSpecials: Int64 = 0
    /// Entries that were removed.
    package var deleted: Int64 = 0
    /// How far the lock of the one writer reaches, as numbered by the target; 0 for everywhere.
    package var lockReach: Int64 = 0
    /// As ``refusal``; 0 for none.
    private var refusalNumber: Int64 = 0
    /// Entries that were to be deleted, when that was refused.
    package var refusedDeletions: Int64 = 0
    /// Entries that the destination had, when deletions were refused.
    package var destinationEntries: Int64 = 0

    private static var fields: [WritableKeyPath<TransferTally, Int64>] {
        [
            \.transferredFiles, \.createdFiles, \.createdDirectories, \.createdLinks, \.createdDevices,
            \.createdSpecials, \.deleted, \.lockReach, \.refusalNumber, \.refusedDeletions, \.destinationEntries,
        ]
    }

    /// Nothing is in place.
    package init() {}

    /// All entries that were not there before.
    package var created: Int64 {
        [createdFiles, createdDirectories, createdLinks, createdDevices, createdSpecials].reduce(0, &+)
    }

    /// Why nothing was deleted; nil when nothing kept deletions back.
    package var refusal: Refusal? {
        get { Refusal(rawValue: refusalNumber) }
        set { refusalNumber = newValue?.rawValue ?? 0 }
    }

    /// Counts an entry that was not there before.
    package mutating func countCreated(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o100000: createdFiles += 1
        case 0o040000: createdDirectories += 1
        case 0o120000: createdLinks += 1
        case 0o020000, 0o060000: createdDevices += 1
        default: createdSpecials += 1
        }
    }

    /// The payload.
    package var payload: [UInt8] {
        Self.fields.flatMap { field in
            let number = self[keyPath: field]
            return (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }
    }

    /// Reads a payload.
    ///
    /// - Parameter payload: A peer's; whatever is missing stays 0, a figure below 0 becomes 0.
    package init(payload: [UInt8]) {
        for (index, field) in Self.fields.enumerated() where payload.count >= (index + 1) * 8 {
            let bytes = payload[(index * 8)..<(index * 8 + 8)]
            let number = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self[keyPath: field] = max(0, Int64(bitPattern: number))
        }
    }
}
