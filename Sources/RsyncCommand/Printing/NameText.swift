import LinuxSystem

/// Names in rsync's own printed lines: bytes that do not print as `\#ooo` (protocol specification, transfer 18.2).
///
/// Scripts read these lines, so the rule is rsync's and not that of `PrintableText`, which escapes more.
package struct NameText: Sendable, Equatable {
    /// What happens to bytes above 127.
    package enum HighBytes: Sendable {
        /// They are printed as they are (`-8`).
        case kept
        /// Valid UTF-8 is printed, except for control characters: the locale's characters are UTF-8.
        case text
        /// They are escaped: the locale has no characters above 127.
        case escaped
    }

    package var highBytes = HighBytes.text

    package init(_ highBytes: HighBytes = .text) { self.highBytes = highBytes }

    /// Escapes a name as in a UTF-8 locale.
    package static func escaped(_ name: [UInt8]) -> [UInt8] { NameText().escaped(name) }

    /// Escapes a name.
    package func escaped(_ name: [UInt8]) -> [UInt8] {
        guard name.contains(where: { !(0x20...0x7F).contains($0) || $0 == UInt8(ascii: "\\") }) else { return name }
        let isText = highBytes == .text && String(validating: name, as: UTF8.self) != nil
        var result: [UInt8] = []
        for (index, byte) in name.enumerated() {
            let isControl = byte < 0x20 && byte != 9
            let isHidden = byte >= 0x80 && highBytes != .kept && (!isText || Self.isC1(name, index))
            if isControl || isHidden || byte == UInt8(ascii: "\\") && PrintableText.looksEscaped(name[index...]) {
                result += Array(PrintableText.octal(byte).utf8)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// Whether a byte is part of a C1 control character in UTF-8: stock prints it, and some terminals interpret it.
    private static func isC1(_ name: [UInt8], _ index: Int) -> Bool {
        let byte = name[index]
        if byte == 0xC2 { return index + 1 < name.count && name[index + 1] < 0xA0 }
        return (0x80..<0xA0).contains(byte) && index > 0 && name[index - 1] == 0xC2
    }
}
