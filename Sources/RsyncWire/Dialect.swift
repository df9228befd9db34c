/// The meaning of a version of rsync's protocol: the only place that compares version numbers.
///
/// Each property names a rule of the protocol and the version that introduced it (protocol specification, session 1.2).
package struct Dialect: Sendable, Equatable {
    /// The supported versions.
    package static let supported: ClosedRange<Int32> = 30...32

    /// The newest supported version.
    package static let newest = Dialect(supported.upperBound)

    /// The version's number on the wire.
    package let version: Int32

    /// The dialect of a version, which need not be ``supported``.
    package init(_ version: Int32) { self.version = version }

    // MARK: 29

    /// Whether filter rules are sent with their type and modifiers (protocol specification, session 8.2).
    package var hasFilterSyntax: Bool { version >= 29 }

    // MARK: 30

    /// Whether filter rules may be perishable (protocol specification, session 8.2).
    var hasPerishableRules: Bool { version >= 30 }

    /// Whether counts and sizes are variable-length integers (protocol specification, session 5.2, 5.3).
    var hasVariableIntegers: Bool { version >= 30 }

    /// Whether file indexes are sent as differences (protocol specification, session 5.5).
    var hasIndexDifferences: Bool { version >= 30 }

    /// Whether a daemon's greeting names a subprotocol (protocol specification, session 3.1).
    var greetingHasSubprotocol: Bool { version >= 30 }

    /// Whether an MD4 whole-file checksum includes the seed (protocol specification, transfer 9.3).
    package var seedsWholeFileMD4: Bool { version < 30 }

    // MARK: 31

    /// Whether the end of a file list may carry error bits without the compat flag (protocol specification, transfer
    /// 4.3).
    var hasSafeFileListEnd: Bool { version >= 31 }

    /// Whether entries of a file list carry nanoseconds (protocol specification, transfer 3.3).
    package var listsNanoseconds: Bool { version >= 31 }

    /// Whether FIFOs and sockets carry empty device numbers (protocol specification, transfer 3.3, field 14).
    var numbersSpecials: Bool { version < 31 }

    /// Whether each piece of a large block enters zlib's history exactly once (protocol specification, transfer 13.3).
    var insertsWholeBlocks: Bool { version >= 31 }

    /// Whether the goodbye carries deletion statistics and is answered once more (protocol specification, session 7.4,
    /// 7.5).
    package var hasLongGoodbye: Bool { version >= 31 }

    /// Whether a side sends the exit code with which it stops (protocol specification, session 9.3).
    package var tellsExitCode: Bool { version >= 31 }

    /// Whether empty data frames may be sent at any time (protocol specification, session 6.2).
    package var takesEmptyFrames: Bool { version >= 31 }

    /// Whether a server may announce its timeout to the client (protocol specification, session 10.1).
    package var announcesTimeout: Bool { version >= 31 }
}
