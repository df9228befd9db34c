/// The flags before an entry on the wire (protocol specification, transfer 3.2); some bits mean something else in other
/// versions.
struct EntryBits: OptionSet {
    let rawValue: UInt32

    static let topDirectory = EntryBits(rawValue: 1 << 0)
    static let sameMode = EntryBits(rawValue: 1 << 1)
    /// Byte form: a second byte follows; varint form: filler, so that a value is not 0.
    static let extended = EntryBits(rawValue: 1 << 2)
    /// Protocol 27: the whole device number is the same.
    static let sameDevice = EntryBits(rawValue: 1 << 2)
    static let sameUser = EntryBits(rawValue: 1 << 3)
    static let sameGroup = EntryBits(rawValue: 1 << 4)
    static let sameName = EntryBits(rawValue: 1 << 5)
    static let longName = EntryBits(rawValue: 1 << 6)
    static let sameTime = EntryBits(rawValue: 1 << 7)
    /// Devices, and specials before protocol 31.
    static let sameDeviceMajor = EntryBits(rawValue: 1 << 8)
    /// Directories: the same bit as ``sameDeviceMajor``.
    static let noContents = EntryBits(rawValue: 1 << 8)
    static let hardLinked = EntryBits(rawValue: 1 << 9)
    /// From protocol 30 on.
    static let userName = EntryBits(rawValue: 1 << 10)
    /// From protocol 30 on.
    static let groupName = EntryBits(rawValue: 1 << 11)
    /// Protocols 28 and 29: the device of a hard link is the last one's.
    static let sameLinkDevice = EntryBits(rawValue: 1 << 10)
    /// Protocols 28 and 29: the minor device number is one byte.
    static let shortMinor = EntryBits(rawValue: 1 << 11)
    static let firstLink = EntryBits(rawValue: 1 << 12)
    static let nanoseconds = EntryBits(rawValue: 1 << 13)
    static let sameAccessTime = EntryBits(rawValue: 1 << 14)
    /// The end of a list with error bits, byte form.
    static let endWithErrors = EntryBits(rawValue: 0x1004)
}

/// The values that both ends carry from entry to entry, and from list to list, for the whole session (protocol
/// specification, transfer 3.3); the last name is kept separately.
struct CarriedState {
    var mode: UInt32 = 0
    var modified: Int64 = 0
    var accessed: Int64 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    /// From protocol 28 on.
    var deviceMajor: UInt32 = 0
    /// Protocol 27: the device number as one number.
    var device: UInt32 = 0
    /// Protocols 28 and 29: the device of the last hard link.
    var linkDevice: UInt64 = 0

    /// Adopts the values of the entry that an abbreviated hard link refers to.
    ///
    /// - Parameters:
    ///   - leader: The group's first member.
    ///   - accessed: Its access time, 0 in sessions without access times.
    ///   - deviceMajor: Its major device number if that was sent; nil except for devices.
    mutating func follow(_ leader: FileEntry, accessed: Int64, deviceMajor: UInt32?) {
        mode = leader.mode
        modified = leader.modified
        self.accessed = accessed
        uid = leader.uid
        gid = leader.gid
        if let deviceMajor { self.deviceMajor = deviceMajor }
    }
}
