import LinuxSystem

/// Names in rsync's own printed lines: bytes that do not print as `\#ooo` (protocol specification, transfer 18.2).
///
/// Scripts read these lines, so the rule is rsync's and not that of `PrintableText`, which escapes more.
package enum NameText {
    /// Escapes a name.
    ///
    /// Valid UTF-8 is kept, except for control characters: rsync goes by the locale, this program always assumes UTF-8.
    package static func escaped(_ name: [UInt8]) -> [UInt8] {
        guard name.contains(where: { !(0x20...0x7F).contains($0) || $0 == UInt8(ascii: "\\") }) else { return name }
        let isText = String(validating: name, as: UTF8.self) != nil
        var result: [UInt8] = []
        for (index, byte) in name.enumerated() {
            // C1 as UTF-8: stock prints it, and some terminals interpret it.
            let isC1 = (0x80..<0xA0).contains(byte) && index > 0 && name[index - 1] == 0xC2
            let isC1Lead = byte == 0xC2 && index + 1 < name.count && name[index + 1] < 0xA0
            let isControl = byte < 0x20 && byte != 9 || isC1 || isC1Lead
            if isControl || byte >= 0x80 && !isText
                || byte == UInt8(ascii: "\\") && PrintableText.looksEscaped(name[index...])
            {
                result += Array(PrintableText.octal(byte).utf8)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
