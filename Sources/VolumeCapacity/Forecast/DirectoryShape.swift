/// What of a directory decides how large it is on a target.
struct DirectoryShape: Hashable, Sendable {
    /// How many names it has, without `.` and `..`.
    private(set) var count: Int64 = 0
    /// The bytes of all names together.
    private(set) var nameBytes: Int64 = 0
    /// The longest name in bytes.
    private(set) var longest: Int64 = 0
    /// The bytes of all entries of ext4: 8 and the name, rounded up to 4 each.
    private(set) var ext4Bytes: Int64 = 0
    /// The bytes of all entries of XFS's data blocks: 12 and the name, rounded up to 8 each.
    private(set) var xfsBytes: Int64 = 0

    @inline(__always)
    mutating func add(nameLength: Int) {
        let length = Int64(nameLength)
        count &+= 1
        nameBytes &+= length
        longest = max(longest, length)
        ext4Bytes &+= (length &+ 11) & ~3
        xfsBytes &+= (length &+ 19) & ~7
    }
}
