package import Checksums

/// One step of a manifest: a directory comes before what it holds, and ends after it.
package enum ManifestItem: Equatable, Sendable {
    /// An entry that is not a directory: its encoded record.
    case entry([UInt8], EntryNotes)
    /// A directory begins: its encoded record.
    case enter([UInt8], EntryNotes)
    /// The directory that began last ends: the root of what it holds, and whether it was changed while it was gone through.
    case leave(TreeDigest, isChanging: Bool)
}

/// A manifest that is read or made step by step.
package protocol ManifestStream: AnyObject {
    /// The function of its digests.
    var function: TreeHashFunction { get }
    /// The next step; nil at the end, when ``totals`` is complete.
    ///
    /// - Throws: ``VerificationError``; there is no next step after that.
    func next() throws(VerificationError) -> ManifestItem?
    /// What was seen so far.
    var totals: ManifestTotals { get }
}

/// What a manifest is in all.
package struct ManifestTotals: Equatable, Sendable {
    /// How many entries it has, with the root.
    package var entries: UInt64 = 0
    /// The length of all regular files.
    package var bytes: UInt64 = 0
    /// How many files were written to during each attempt to read them, directories changed, and entries vanished.
    package var changing: UInt64 = 0
    /// How many entries could not be read as a whole.
    package var unreadable: UInt64 = 0
    /// The digest of the root directory with what it holds; nil before the end.
    package var root: TreeDigest?
    /// The root of what the root directory holds, without its own owner, mode and times; nil before the end.
    package var contents: TreeDigest?

    /// Whether everything was read, and nothing changed meanwhile: without that nothing is proved.
    package var isWhole: Bool { changing == 0 && unreadable == 0 }
}
