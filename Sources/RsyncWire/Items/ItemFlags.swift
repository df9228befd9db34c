/// The special values of a file index (protocol specification, session 5.5).
package enum SpecialIndex {
    /// The end of a phase or a list; the goodbye.
    package static let done: Int32 = -1
    /// No more file lists follow; only with incremental recursion.
    package static let endOfLists: Int32 = -2
    /// A ``DeletionStatistics`` follows.
    package static let deletionStatistics: Int32 = -3
    /// The file list of directory number d follows index `listOffset - d`; only with incremental recursion.
    package static let listOffset: Int32 = -101
}

/// An item's flags: what it says about a file, and what follows it (protocol specification, transfer 10).
package struct ItemFlags: OptionSet, Sendable, Hashable {
    /// The bits on the wire.
    package let rawValue: UInt16
    /// Creates a set from its bits.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Creates a set; the generic initializer of the standard library takes 800 instructions, and this is done for each file.
    package init(arrayLiteral elements: ItemFlags...) {
        var bits: UInt16 = 0
        for element in elements { bits |= element.rawValue }
        rawValue = bits
    }

    /// The access time differs.
    package static let reportAccessTime = ItemFlags(rawValue: 0x0001)
    /// The content, checksum, link target or device number differs.
    package static let reportChange = ItemFlags(rawValue: 0x0002)
    /// The size differs.
    package static let reportSize = ItemFlags(rawValue: 0x0004)
    /// For a symbolic link: its time cannot be set.
    package static let reportTimeFailed = ItemFlags(rawValue: 0x0004)
    /// The modification time differs.
    package static let reportTime = ItemFlags(rawValue: 0x0008)
    /// The permissions differ.
    package static let reportPermissions = ItemFlags(rawValue: 0x0010)
    /// The owner differs.
    package static let reportOwner = ItemFlags(rawValue: 0x0020)
    /// The group differs.
    package static let reportGroup = ItemFlags(rawValue: 0x0040)
    /// The ACL differs.
    package static let reportACL = ItemFlags(rawValue: 0x0080)
    /// Extended attributes differ.
    package static let reportAttributes = ItemFlags(rawValue: 0x0100)
    /// The creation time differs.
    package static let reportCreationTime = ItemFlags(rawValue: 0x0400)
    /// Not on the wire: nothing is known but that the content is transferred, as before protocol 29.
    package static let unexplained = ItemFlags(rawValue: 0x0200)
    /// A byte with the kind of basis follows.
    package static let basisFollows = ItemFlags(rawValue: 0x0800)
    /// A name follows.
    package static let nameFollows = ItemFlags(rawValue: 0x1000)
    /// The entry is new on the receiving side.
    package static let isNew = ItemFlags(rawValue: 0x2000)
    /// The receiving side creates or changes the entry by itself.
    package static let localChange = ItemFlags(rawValue: 0x4000)
    /// The file's content is requested or follows.
    package static let transfer = ItemFlags(rawValue: 0x8000)
}
