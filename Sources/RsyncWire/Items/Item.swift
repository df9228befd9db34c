/// What follows the index of an item, in both directions (protocol specification, transfer 10).
///
///     flags (16 bits) | kind of basis (byte, with basisFollows) | name (vstring, with nameFollows)
///
/// Before protocol 29 nothing follows, and every item transfers a file.
package struct Item: Equatable, Sendable {
    /// The kind of basis that a delta refers to.
    package enum Basis {
        /// The destination file itself.
        package static let destination: UInt8 = 0x80
        /// The file in the partial directory.
        package static let partialDirectory: UInt8 = 0x81
        /// The backup file.
        package static let backup: UInt8 = 0x82
        /// A similar name in the same directory.
        package static let fuzzy: UInt8 = 0x83
    }

    /// The longest name in bytes.
    package static let nameLimit = 4095

    /// The item's flags.
    package var flags: ItemFlags
    /// The kind of basis, where 0x00 to 0x7f is an alternate directory; sent with ``ItemFlags/basisFollows``.
    package var basis: UInt8
    /// A name to report or to confine, never a path by itself; sent with ``ItemFlags/nameFollows``.
    package var name: [UInt8]

    /// Creates an item.
    ///
    /// - Parameters:
    ///   - flags: The item's flags; the two that tell what follows are set from the other parameters.
    ///   - basis: The kind of basis.
    ///   - name: At most ``nameLimit`` bytes; empty for none.
    package init(flags: ItemFlags, basis: UInt8 = Basis.destination, name: [UInt8] = []) {
        self.flags = flags
        if basis != Basis.destination { self.flags.insert(.basisFollows) }
        if !name.isEmpty { self.flags.insert(.nameFollows) }
        self.basis = basis
        self.name = name
    }

    /// Reads what follows an index of 0 or more.
    ///
    /// - Parameter input: The stream to read.
    /// - Returns: The item.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a name that is too long.
    package static func read(from input: WireInput) throws(WireError) -> Item {
        guard input.dialect.hasItemFlags else { return Item(flags: [.transfer, .unexplained]) }
        let flags = ItemFlags(rawValue: try input.uint16("item flags")).subtracting(.unexplained)
        var item = Item(flags: flags)
        if flags.contains(.basisFollows) { item.basis = try input.byte("a kind of basis") }
        if flags.contains(.nameFollows) {
            item.name = try input.vstring(limit: nameLimit, tooLong: 2, "the name of an item")
        }
        return item
    }

    /// Writes the item after its index.
    ///
    /// - Parameter output: The stream to write to.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func write(to output: WireOutput) throws(WireError) {
        guard output.dialect.hasItemFlags else { return }
        try output.uint16(flags.rawValue)
        if flags.contains(.basisFollows) { try output.byte(basis) }
        if flags.contains(.nameFollows) { try output.vstring(name) }
    }
}
