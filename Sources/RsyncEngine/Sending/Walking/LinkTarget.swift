import LinuxSystem
import RsyncWire

/// The targets of symbolic links: which lead out of a transfer, and the form that cannot be followed.
enum LinkTarget {
    private static let slash = PathParts.separator
    private static let parent: [UInt8] = [0x2e, 0x2e]

    /// Whether a target may lead out of the transfer, by its text alone (protocol specification, transfer 14.8).
    ///
    /// - Parameters:
    ///   - target: The link's target.
    ///   - name: The link's name in the transfer.
    /// - Returns: Whether it counts as unsafe; what it leads to is not looked at.
    static func isUnsafe(_ target: some Collection<UInt8>, at name: some Collection<UInt8>) -> Bool {
        guard let first = target.first, first != slash else { return true }
        var depth = 0
        for component in name.split(separator: slash).dropLast() {
            if component.elementsEqual(parent) { depth = 0 } else if !component.elementsEqual([0x2e]) { depth += 1 }
        }
        let components = target.split(separator: slash, omittingEmptySubsequences: false)
        let leading = components.prefix { $0.elementsEqual(parent) || $0.isEmpty || $0.elementsEqual([0x2e]) }
        // `..` anywhere but at the start may go through another link.
        if components.dropFirst(leading.count).contains(where: { $0.elementsEqual(parent) }) { return true }
        for component in components where !component.isEmpty && !component.elementsEqual([0x2e]) {
            depth += component.elementsEqual(parent) ? -1 : 1
            if depth < 0 { return true }
        }
        return false
    }

    /// The original of a target that cannot be followed (protocol specification, transfer 14.9); any other target as it is.
    static func unmunged(_ target: [UInt8]) -> [UInt8] {
        let prefix = StoredTarget.mungedPrefix
        return target.count > prefix.count && target.starts(with: prefix)
            ? Array(target.dropFirst(prefix.count)) : target
    }
}
