extension AccessControlList {
    private static let absent: UInt32 = 0x80
    private static let userMark: UInt32 = 1 << 31

    /// The form in which `--fake-super` stores an ACL (protocol specification, transfer 8.4): owner, group, mask and others,
    /// then an ID and its permissions for each named entry; 32-bit numbers, little-endian.
    package var storedBytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ number: UInt32) {
            for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        for part in [owner, group, mask, others] { append(part.map(UInt32.init) ?? Self.absent) }
        for entry in named {
            append(entry.id)
            append(UInt32(entry.permissions) | (entry.isUser ? Self.userMark : 0))
        }
        return bytes
    }

    /// Reads that form; nil if it has another one.
    package init?(stored bytes: [UInt8]) {
        guard bytes.count >= 16, bytes.count % 8 == 0 else { return nil }
        var numbers: [UInt32] = []
        for start in stride(from: 0, to: bytes.count, by: 4) {
            numbers.append(bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
        guard numbers[..<4].allSatisfy({ $0 <= 7 || $0 == Self.absent }) else { return nil }
        let parts: [UInt8?] = numbers[..<4].map { $0 == Self.absent ? nil : UInt8($0) }
        var named: [Named] = []
        for place in stride(from: 4, to: numbers.count, by: 2) {
            let permissions = numbers[place + 1] & ~Self.userMark
            guard permissions <= 7 else { return nil }
            let isUser = numbers[place + 1] & Self.userMark != 0
            named.append(Named(isUser: isUser, id: numbers[place], permissions: UInt8(permissions)))
        }
        self.init(owner: parts[0], group: parts[1], mask: parts[2], others: parts[3], named: named)
    }
}
