package import RsyncWire

/// How much a text matters.
package enum MessageLevel: Sendable {
    /// For standard output.
    case info
    /// For standard error; no effect on the result.
    case warning
    /// For standard error; the result is decided elsewhere.
    case error
    /// For standard error; the transfer is partial because of it (exit code 23).
    case errorTransfer

    /// The frame that carries such a text.
    var tag: MessageTag {
        switch self {
        case .info: .info
        case .warning: .warning
        case .error: .error
        case .errorTransfer: .errorTransfer
        }
    }
}

/// Something that was done to one entry.
package struct ItemReport: Sendable {
    /// The entry's name in the transfer; bytes.
    package var name: [UInt8]
    /// What changed.
    package var flags: ItemFlags
    /// Mode with type bits.
    package var mode: UInt32
    /// Bytes of content.
    package var size: Int64
    /// Modification time, seconds since 1970.
    package var modified: Int64
    /// Owner and group as listed.
    package var uid: UInt32
    /// Group as listed.
    package var gid: UInt32
    /// Target of a symbolic link; empty for all else.
    package var target: [UInt8]
    /// The name that a hard link was made to; empty when the entry was a link to it before, or is none.
    package var hardLink: [UInt8]
    /// Whether this side sends the file's data.
    package var isSending: Bool
    /// Whether source and destination are both local.
    package var isLocal: Bool
    /// Bytes of literal and matched data of this file.
    package var transferred: Int64
}

/// Follows a transfer.
///
/// Called from the session's threads, several at a time.
package protocol TransferObserver: AnyObject, Sendable {
    /// Whether ``didChange(_:)`` shall be called: making a report costs more than a small file.
    var wantsItems: Bool { get }
    /// Whether ``didMove(name:offset:size:)`` shall be called.
    var wantsFileProgress: Bool { get }
    /// A text of this side, one line without its end.
    func message(_ text: String, _ level: MessageLevel)
    /// A line of the peer, fit to be shown.
    func peerMessage(_ text: String, _ level: MessageLevel)
    /// An entry was created, changed, transferred or found different; of a file that is transferred it comes before the
    /// data when ``wantsFileProgress`` is set, else behind it.
    func didChange(_ item: ItemReport)
    /// A name was removed from the destination.
    func didDelete(name: [UInt8], isDirectory: Bool)
    /// A file's data moved up to `offset`; the last call for a file, and only that one, has `offset` equal to `size`.
    func didMove(name: [UInt8], offset: Int64, size: Int64)
    /// The file list is about to be sent (or received), or is complete.
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int)
}

extension TransferObserver {
    /// Makes no difference between the two sides.
    package func peerMessage(_ text: String, _ level: MessageLevel) { message(text, level) }
}

/// An observer that wants to know nothing.
package final class SilentObserver: TransferObserver {
    /// Makes one.
    package init() {}
    /// False.
    package var wantsItems: Bool { false }
    /// False.
    package var wantsFileProgress: Bool { false }
    /// Drops the text.
    package func message(_ text: String, _ level: MessageLevel) {}
    /// Drops the report.
    package func didChange(_ item: ItemReport) {}
    /// Drops the report.
    package func didDelete(name: [UInt8], isDirectory: Bool) {}
    /// Drops the report.
    package func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    /// Drops the report.
    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}
}
