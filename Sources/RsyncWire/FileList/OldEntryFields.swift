// Fields of an entry that have another form before protocol 30 (protocol specification, transfer 3.6 and 6).

/// The file that a name refers to.
struct Inode: Hashable {
    let device: UInt64
    let number: UInt64
}

/// Hard link groups of the receiver, by device and inode: before protocol 30 groups have no numbers.
struct InodeGroups {
    /// The memory of a group in a dictionary that is half empty.
    private static let weight = 64

    private var groups: [Inode: Int32] = [:]

    /// The memory in bytes.
    var footprint: Int { groups.count * Self.weight }

    /// The number of the first entry of an inode's group, which is this one if there was none.
    mutating func group(of inode: Inode, at number: Int32) -> Int32 {
        if let group = groups[inode] { return group }
        groups[inode] = number
        return number
    }
}

/// A device number as one number of 32 bits, in Linux's encoding.
struct DeviceNumber: Equatable {
    var major: UInt32
    var minor: UInt32

    init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    init(combined number: UInt32) {
        major = number >> 8 & 0xfff
        minor = number & 0xff | number >> 12 & 0xfff00
    }

    var combined: UInt32 { minor & 0xff | (major & 0xfff) << 8 | (minor & 0xfff00) << 12 }
}

extension CarriedState {
    /// Reads an entry's device numbers.
    mutating func readDevice(
        _ bits: EntryBits,
        _ dialect: Dialect,
        from input: WireInput
    ) throws(WireError) -> DeviceNumber {
        guard dialect.splitsDeviceNumbers else {
            if !bits.contains(.sameDevice) { device = UInt32(bitPattern: try input.int32("a device number")) }
            return DeviceNumber(combined: device)
        }
        if !bits.contains(.sameDeviceMajor) {
            deviceMajor = UInt32(bitPattern: try input.varint30("a major device number"))
        }
        let isByte = !dialect.hasVariableIntegers && bits.contains(.shortMinor)
        let minor =
            try isByte
            ? UInt32(input.byte("a minor device number"))
            : UInt32(bitPattern: input.varint30("a minor device number"))
        return DeviceNumber(major: deviceMajor, minor: minor)
    }

    /// Writes an entry's device numbers, as announced by its flags.
    mutating func writeDevice(
        _ number: DeviceNumber,
        _ bits: EntryBits,
        _ dialect: Dialect,
        to output: WireOutput
    ) throws(WireError) {
        guard dialect.splitsDeviceNumbers else {
            guard !bits.contains(.sameDevice) else { return }
            device = number.combined
            return try output.int32(Int32(bitPattern: device))
        }
        if !bits.contains(.sameDeviceMajor) {
            try output.varint30(Int32(bitPattern: number.major))
            deviceMajor = number.major
        }
        if !dialect.hasVariableIntegers, bits.contains(.shortMinor) {
            try output.byte(UInt8(number.minor))
        } else {
            try output.varint30(Int32(bitPattern: number.minor))
        }
    }

    /// The flags for an entry's device numbers; a FIFO or a socket has none, and changes nothing.
    func deviceBits(_ number: DeviceNumber, isSpecial: Bool, _ dialect: Dialect) -> EntryBits {
        guard dialect.splitsDeviceNumbers else { return isSpecial || number.combined == device ? .sameDevice : [] }
        var bits: EntryBits = isSpecial || number.major == deviceMajor ? .sameDeviceMajor : []
        if !dialect.hasVariableIntegers, number.minor <= 0xff { bits.insert(.shortMinor) }
        return bits
    }

    /// Reads the file that an entry is a name of.
    mutating func readInode(_ bits: EntryBits, from input: WireInput) throws(WireError) -> Inode {
        // The device is sent incremented, so that it is never 0.
        if !bits.contains(.sameLinkDevice) {
            linkDevice = UInt64(bitPattern: try input.longint("the device of a hard link")) &- 1
        }
        return Inode(device: linkDevice, number: UInt64(bitPattern: try input.longint("the inode of a hard link")))
    }

    /// Writes the file that an entry is a name of.
    mutating func writeInode(_ inode: Inode, _ bits: EntryBits, to output: WireOutput) throws(WireError) {
        if !bits.contains(.sameLinkDevice) {
            try output.longint(Int64(bitPattern: inode.device &+ 1))
            linkDevice = inode.device
        }
        try output.longint(Int64(bitPattern: inode.number))
    }
}
