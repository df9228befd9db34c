import LinuxSystem

/// The rules for names that a peer sends (protocol specification, transfer 3.4 and 19.1, F1 to F4).
enum ListedName {
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// Checks a name, and locates its last component.
    ///
    /// - Parameter name: A name as received.
    /// - Returns: The offset of the last component, or nil if the name has redundant slashes or dots and must be
    ///   squeezed first.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 4 for a name that is empty or absolute, or contains a
    ///   NUL or a component `..`.
    static func leafOffset(of name: Span<UInt8>) throws(WireError) -> Int? {
        guard name.count > 0 else { throw .violation("an empty name in the file list", exitCode: 4) }
        guard name[0] != slash else { throw refusal(name) }
        var start = 0
        var isClean = true
        for index in name.indices {
            let byte = name[index]
            guard byte != 0 else { throw refusal(name) }
            if byte == slash {
                isClean = try isPlain(name, start..<index) && isClean
                start = index + 1
            }
        }
        isClean = try isPlain(name, start..<name.count) && isClean
        return isClean || name.count == 1 ? start : nil
    }

    /// Whether a component is neither empty nor `.`.
    private static func isPlain(_ name: Span<UInt8>, _ component: Range<Int>) throws(WireError) -> Bool {
        guard component.count <= 2 else { return true }
        guard let first = component.first else { return false }
        guard name[first] == dot else { return true }
        if component.count == 1 { return false }
        if name[first + 1] == dot { throw refusal(name) }
        return true
    }

    /// The name without empty components and without `.`; just `.` if nothing is left.
    static func squeezed(_ name: [UInt8]) -> [UInt8] {
        let components = PathParts.components(of: name).filter { $0 != [dot] }
        return components.isEmpty ? [dot] : Array(components.joined(separator: [slash]))
    }

    private static func refusal(_ name: Span<UInt8>) -> WireError {
        let shown = PrintableText.escaped(name.indices.map { name[$0] })
        return .violation("unsafe pathname from sender: \(shown)", exitCode: 4)
    }
}
