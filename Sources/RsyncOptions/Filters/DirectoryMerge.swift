import LinuxSystem

/// A rule such as `: .rsync-filter`: in each directory of the transfer, a file of that name has more rules (rsync(1),
/// "MERGE-FILE FILTER RULES").
package struct DirectoryMerge: Sendable, Equatable {
    /// The file as it was written, such as `/.rsync-filter`.
    package let path: [UInt8]
    /// How it is read.
    package let format: MergeFormat
    /// The modifiers of all its rules.
    package let traits: RuleTraits

    /// The name of the file in each directory.
    package var name: [UInt8] { PathParts(path).leaf }

    /// Where the search above the transfer's root begins: an absolute path, or one relative to the root; nil when only
    /// directories of the transfer are searched.
    package var start: [UInt8]? {
        let parts = PathParts(path)
        return parts.hasParent ? parts.directory : nil
    }
}

/// How a merge file is read.
package struct MergeFormat: Sendable, Equatable {
    /// `w`: rules are words, not lines.
    package var splitsWords = false
    /// `-`, `+`: it has patterns only, which exclude or include; nil for rules of every kind.
    package var includes: Bool?
    /// `C`: it is a file of CVS: words that exclude, and `!`.
    package var isCVS = false
    /// `n`: its rules do not concern the directories below.
    package var isLocal = false

    /// The format of `C`.
    static let cvs: MergeFormat = {
        var format = MergeFormat()
        (format.splitsWords, format.includes, format.isCVS, format.isLocal) = (true, false, true, true)
        return format
    }()

    /// The letters in the order in which rsync sends them.
    var letters: String {
        if isCVS { return "C" }
        let kind = includes.map { $0 ? "+" : "-" } ?? ""
        return (isLocal ? "n" : "") + (splitsWords ? "w" : "") + kind
    }
}
