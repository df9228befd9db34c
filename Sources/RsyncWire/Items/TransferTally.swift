/// What a dvm receiving side has in place: the payload of ``MessageTag/tally``, which is sent only to a peer that
/// requested it.
///
/// Numbers of 8 bytes, little-endian, in the order of ``TransferTally/fields``; a later version may have more, and a
/// reader ignores those that it does not know.
package struct TransferTally: Equatable, Sendable {
    /// Why nothing was deleted.
    package enum Refusal: Int64, Sendable {
        /// The sender has no entries.
        case emptySource = 1
        /// More entries would be deleted than the limit allows.
        case tooMany = 2
    }

    /// Regular files whose content was transferred and that are in place.
    package var transferredFiles: Int64 = 0
    /// Regular files that did not exist before.
    package var createdFiles: Int64 = 0
    /// Directories that did not exist before.
    package var createdDirectories: Int64 = 0
    /// Symbolic links that did not exist before.
    package var createdLinks: Int64 = 0
    /// Devices that did not exist before.
    package var createdDevices: Int64 = 0
    /// FIFOs and sockets that did not exist before.
    package var createdSpecials: Int64 = 0
    /// Entries that were deleted.
    package var deleted: Int64 = 0
    /// The reach of the writer's lock, as numbered by the target; 0 for everywhere.
    package var lockReach: Int64 = 0
    /// The number of ``refusal``; 0 for none.
    private var refusalNumber: Int64 = 0
    /// Entries that would have been deleted, if that was refused.
    package var refusedDeletions: Int64 = 0
    /// Entries that the destination had, if deletions were refused.
    package var destinationEntries: Int64 = 0

    /// The receiving side's clock when everything was in place, in nanoseconds since 1970; 0 before that.
    package var finishTime: Int64 = 0

    private static var fields: [WritableKeyPath<TransferTally, Int64>] {
        [
            \.transferredFiles, \.createdFiles, \.createdDirectories, \.createdLinks, \.createdDevices,
            \.createdSpecials, \.deleted, \.lockReach, \.refusalNumber, \.refusedDeletions, \.destinationEntries,
            \.finishTime,
        ]
    }

    /// Nothing is in place.
    package init() {}

    /// All entries that did not exist before.
    package var created: Int64 {
        [createdFiles, createdDirectories, createdLinks, createdDevices, createdSpecials].reduce(0, &+)
    }

    /// Why nothing was deleted; nil if deletions were not refused.
    package var refusal: Refusal? {
        get { Refusal(rawValue: refusalNumber) }
        set { refusalNumber = newValue?.rawValue ?? 0 }
    }

    /// Counts an entry that did not exist before.
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

    /// Parses a payload.
    ///
    /// - Parameter payload: The peer's payload; missing numbers stay 0, negative ones become 0.
    package init(payload: [UInt8]) {
        for (index, field) in Self.fields.enumerated() where payload.count >= (index + 1) * 8 {
            let bytes = payload[(index * 8)..<(index * 8 + 8)]
            let number = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self[keyPath: field] = max(0, Int64(bitPattern: number))
        }
    }
}
