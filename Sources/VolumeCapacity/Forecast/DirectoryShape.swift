/// What of a directory decides how large it is on a target.
struct DirectoryShape: Hashable, Sendable {
    /// How many names it has, without `.` and `..`.
    private(set) var count: Amount = 0
    /// The bytes of all names together.
    private(set) var nameBytes: Amount = 0
    /// The longest name in bytes.
    private(set) var longest: Amount = 0
    /// The bytes of all entries of ext4: 8 and the name, rounded up to 4 each.
    private(set) var ext4Bytes: Amount = 0
    /// The bytes of all entries of XFS's data blocks: 12 and the name, rounded up to 8 each.
    private(set) var xfsBytes: Amount = 0

    @inline(__always)
    mutating func add(nameLength: Int) {
        let length = Amount(Int64(nameLength))
        count += 1
        nameBytes += length
        longest = max(longest, length)
        ext4Bytes += (length + 8).roundedUp(to: 4)
        xfsBytes += (length + 12).roundedUp(to: 8)
    }
}
