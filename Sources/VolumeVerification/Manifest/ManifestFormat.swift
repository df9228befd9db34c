import Checksums

/// The frame around the records of a manifest (docs/manifest-format.md).
enum ManifestFormat {
    /// The version that is written and read.
    static let version = 1
    /// The longest record that is read, in bytes: far above what a file system lets an entry have.
    static let longestRecord = 32 << 20

    /// The kind of a step.
    enum Mark: UInt8 {
        case entry = 1
        case enter = 2
        case leave = 3
        case end = 4
    }

    /// The first line.
    static func header(_ function: TreeHashFunction) -> String {
        "dvm-manifest/\(version) hash=\(function.rawValue) chunk=\(ContentHash.chunkSize)\n"
    }

    /// The function of a first line, without its line feed.
    static func function(of line: String) throws(VerificationError) -> TreeHashFunction {
        let parts = line.split(separator: " ")
        guard let first = parts.first, first.hasPrefix("dvm-manifest/") else {
            throw .malformed("it does not begin with dvm-manifest/")
        }
        guard first == "dvm-manifest/\(version)" else {
            throw .malformed("its version is \(first.dropFirst(13)), this program reads \(version)")
        }
        for function in TreeHashFunction.allCases where header(function) == line + "\n" { return function }
        throw .malformed("its first line is not known")
    }
}

extension EntryNotes {
    var flags: UInt8 { (isChanging ? 1 : 0) | (isUnreadable ? 2 : 0) }

    init(flags: UInt8, holes: Int64) throws(VerificationError) {
        guard flags & ~3 == 0 else { throw .malformed("flags \(flags) of an entry are not known") }
        guard holes >= 0 else { throw .malformed("a file has less than nothing in holes") }
        (isChanging, isUnreadable, self.holes) = (flags & 1 != 0, flags & 2 != 0, holes)
    }
}
