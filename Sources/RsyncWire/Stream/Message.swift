/// The content of a frame of the multiplexed stream (protocol specification, session 6.3).
package enum MessageTag: UInt8, Sendable, CaseIterable {
    /// Bytes of the logical stream.
    case data = 0
    /// An error message that makes the transfer partial (exit code 23).
    case errorTransfer = 1
    /// A message for standard output.
    case info = 2
    /// An error message that does not itself change the exit code.
    case error = 3
    /// A warning.
    case warning = 4
    /// I/O error bits of the sender, 4 bytes.
    case ioError = 22
    /// A daemon's timeout in seconds, 4 bytes.
    case ioTimeout = 33
    /// An old form of keep-alive, empty.
    case noop = 42
    /// The peer is stopping; empty, or its exit code in 4 bytes.
    case errorExit = 86
    /// A file is safely stored; its index in 4 bytes.
    case success = 100
    /// A name was deleted; a directory's name ends in NUL.
    case deleted = 101
    /// A requested file cannot be sent; its index in 4 bytes.
    case noSend = 102

    /// A note from a dvm-target to a dvm-source that requested notes with `--dvm-notes`; not a message of rsync's.
    case agentNote = 120
    /// What is in place at a dvm-target (``TransferTally``), for a source that requested it with `--dvm-tally`; not a
    /// message of rsync's.
    case tally = 121

    /// Whether `length` bytes of payload are allowed for the tag (protocol specification, session 6.3).
    func allows(length: Int) -> Bool {
        switch self {
        case .data: true
        case .errorTransfer, .info, .error, .warning, .deleted: length <= 5119
        case .ioError, .ioTimeout, .success, .noSend: length == 4
        case .tally: length <= 512 && length.isMultiple(of: 8)
        case .noop: length == 0
        case .agentNote: length <= 64
        case .errorExit: length == 0 || length == 4
        }
    }
}

/// A message that arrived between data frames.
package struct Message: Equatable, Sendable {
    /// Its tag; never ``MessageTag/data``.
    package let tag: MessageTag
    /// The payload, at most 5119 bytes.
    package let payload: [UInt8]

    /// Creates a message.
    package init(tag: MessageTag, payload: [UInt8]) {
        self.tag = tag
        self.payload = payload
    }

    /// The payload as a little-endian integer; nil unless it has four bytes.
    package var number: Int32? {
        guard payload.count == 4 else { return nil }
        return Int32(bitPattern: payload.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
}
