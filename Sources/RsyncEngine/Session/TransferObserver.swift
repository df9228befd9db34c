import LinuxSystem
package import RsyncWire

/// The severity of a message.
package enum MessageLevel: Sendable {
    /// For standard output.
    case info
    /// For standard error; no effect on the result.
    case warning
    /// For standard error; does not itself determine the result.
    case error
    /// For standard error; the transfer is partial because of it (exit code 23).
    case errorTransfer

    /// The tag of the frame that carries such a message; before protocol 30 there are only two.
    func tag(in dialect: Dialect) -> MessageTag {
        switch self {
        case .warning where !dialect.hasErrorMessages: .info
        case .error where !dialect.hasErrorMessages: .errorTransfer
        case .info: .info
        case .warning: .warning
        case .error: .error
        case .errorTransfer: .errorTransfer
        }
    }
}

/// A change to one entry.
package struct ItemReport: Sendable {
    /// The entry's name in the transfer; bytes.
    package var name: [UInt8]
    /// The changes.
    package var flags: ItemFlags
    /// Mode with type bits.
    package var mode: UInt32
    /// Bytes of content.
    package var size: Int64
    /// Modification time, seconds since 1970.
    package var modified: Int64
    /// Access time, seconds since 1970, if it was listed (`-U`).
    package var accessed: Int64?
    /// Owner as listed.
    package var uid: UInt32
    /// Group as listed.
    package var gid: UInt32
    /// Whether the group is not set, because the user is not in it.
    package var leavesGroup = false
    /// Target of a symbolic link; empty for everything else.
    package var target: [UInt8]
    /// The name that a hard link was created to; empty if the entry was already linked to it, or is not a hard link.
    package var hardLink: [UInt8]
    /// Whether this side sends the file's data.
    package var isSending: Bool
    /// Whether source and destination are both local.
    package var isLocal: Bool
    /// Bytes that were sent or received for this file; of a local copy, its length.
    package var transferred: Int64
    /// Bytes of block sums that the sender received for this file.
    package var sumBytes: Int64 = 0
    /// The checksum of the whole file, from the list or from its transfer; empty when it is not known.
    package var checksum: [UInt8] = []
    /// At the sender: what precedes the name in the path it was given; empty for none.
    package var directory: [UInt8] = []
    /// Whether the entry was deleted, so that nothing but its name, its type, and perhaps its permissions is known.
    package var isDeletion = false
}

extension ItemReport {
    /// Describes a name that was deleted from the destination.
    package init(deleted name: [UInt8], isDirectory: Bool, permissions: UInt32? = nil) {
        self.init(
            name: name,
            flags: [],
            mode: (isDirectory ? 0o040000 : 0) | (permissions ?? 0),
            size: 0,
            modified: 0,
            uid: 0,
            gid: 0,
            target: [],
            hardLink: [],
            isSending: false,
            isLocal: false,
            transferred: 0
        )
        isDeletion = true
    }
}

/// Follows a transfer.
///
/// Called from the session's threads, several at a time.
package protocol TransferObserver: AnyObject, Sendable {
    /// Whether ``didChange(_:)`` should be called: making a report costs more than transferring a small file.
    var wantsItems: Bool { get }
    /// Whether ``didMove(name:offset:size:)`` should be called.
    var wantsFileProgress: Bool { get }
    /// Whether reports of copied files should have their checksums, for which they are read once more.
    var wantsChecksums: Bool { get }
    /// Whether a transferred file is reported before its data; figures about the data are unknown then.
    var wantsItemsFirst: Bool { get }
    /// Whether ``didDelete(name:isDirectory:permissions:)`` should be told permissions, which have to be looked up.
    var wantsDeletedPermissions: Bool { get }
    /// A message of this side, one line without its terminator.
    func message(_ text: String, _ level: MessageLevel)
    /// A line of information of this side; names in it are not escaped.
    func information(_ line: [UInt8])
    /// A message of this side, a server, that was sent to the peer.
    func sentMessage(_ text: String, _ level: MessageLevel)
    /// A line from the peer as it arrived, without its terminator.
    func peerMessage(_ line: [UInt8], _ level: MessageLevel)
    /// A line of a daemon's message of the day, or of its list of modules, as it arrived.
    func greeting(_ line: [UInt8])
    /// An entry was created, changed, transferred or found different; for a transferred file it is called before the
    /// data if ``wantsItemsFirst`` is set, otherwise after it.
    func didChange(_ item: ItemReport)
    /// An entry of the source was listed (`--list-only`).
    func didList(_ item: ItemReport)
    /// A name was deleted from the destination.
    func didDelete(name: [UInt8], isDirectory: Bool)
    /// The same with the permissions that it had, if this side has deleted it and they are wanted.
    func didDelete(name: [UInt8], isDirectory: Bool, permissions: UInt32?)
    /// A file's data was transferred up to `offset`; the last call for a file, and only that one, has `offset` equal to
    /// `size`.
    func didMove(name: [UInt8], offset: Int64, size: Int64)
    /// File lists are about to be sent or received, or the first one is complete and has `count` entries.
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int)
}

extension TransferObserver {
    /// False.
    package var wantsChecksums: Bool { false }
    /// False.
    package var wantsDeletedPermissions: Bool { false }
    /// Leaves out the permissions.
    package func didDelete(name: [UInt8], isDirectory: Bool, permissions: UInt32?) {
        didDelete(name: name, isDirectory: isDirectory)
    }
    /// True if there is a progress display, which is below the name.
    package var wantsItemsFirst: Bool { wantsFileProgress }
    /// Treats the line, in printable form, like a message.
    package func information(_ line: [UInt8]) { message(PrintableText.escaped(line), .info) }
    /// Ignores what the peer is told.
    package func sentMessage(_ text: String, _ level: MessageLevel) {}
    /// Treats the peer's messages, in printable form, like this side's.
    package func peerMessage(_ line: [UInt8], _ level: MessageLevel) { message(PrintableText.escaped(line), level) }
    /// Treats the daemon's lines like messages.
    package func greeting(_ line: [UInt8]) { peerMessage(line, .info) }
    /// Ignores the entry.
    package func didList(_ item: ItemReport) {}
}

/// An observer that ignores everything.
package final class SilentObserver: TransferObserver {
    /// Creates one.
    package init() {}
    /// False.
    package var wantsItems: Bool { false }
    /// False.
    package var wantsFileProgress: Bool { false }
    /// Ignores the message.
    package func message(_ text: String, _ level: MessageLevel) {}
    /// Ignores the report.
    package func didChange(_ item: ItemReport) {}
    /// Ignores the report.
    package func didDelete(name: [UInt8], isDirectory: Bool) {}
    /// Ignores the report.
    package func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    /// Ignores the report.
    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}
}
