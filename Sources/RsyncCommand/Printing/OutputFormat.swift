import Glibc
import LinuxSystem
package import RsyncEngine
import RsyncOptions
import RsyncWire

/// The format of the lines that report changes: `--out-format`, `--log-file-format` (protocol specification, transfer
/// 18.3).
package struct OutputFormat: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case text([UInt8])
        case field(Field)
    }

    /// An escape: `%`, digit grouping, a width, a letter.
    private struct Field: Sendable, Equatable {
        var letter: UInt8
        /// The least number of columns.
        var width = 0
        var isLeftAligned = false
        /// The level of ``NumberText``.
        var numberLevel = 0
    }

    /// The letters with a value on a client; others are printed as they were written.
    private static let letters = Array("bBcCfGilLmMnoptU".utf8)
    private let pieces: [Piece]

    /// Whether it shows what changed.
    package var itemizes: Bool { has("i") }
    /// Whether it shows what was done.
    var showsOperation: Bool { has("o") }
    /// Whether it has figures that are known only when a file is complete, so that the line comes after the data.
    var needsCompleteFile: Bool { has("b") || has("c") || showsChecksum }
    /// Whether it shows permissions.
    var showsPermissions: Bool { has("B") }
    /// Whether it shows checksums of files.
    var showsChecksum: Bool { has("C") }

    private func has(_ letter: Unicode.Scalar) -> Bool {
        pieces.contains {
            guard case .field(let field) = $0 else { return false }
            return field.letter == UInt8(ascii: letter)
        }
    }

    /// Reads a format; everything but escapes is text.
    package init(parsing format: [UInt8]) {
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var rest = format[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                text.append(byte)
                continue
            }
            if rest.first == byte {
                text.append(byte)
                rest = rest.dropFirst()
            } else if let field = Self.takeField(&rest) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = []
                pieces.append(.field(field))
            } else {
                text.append(byte)
            }
        }
        self.pieces = text.isEmpty ? pieces : pieces + [.text(text)]
    }

    /// Takes what follows a `%`, if it is an escape.
    private static func takeField(_ rest: inout ArraySlice<UInt8>) -> Field? {
        var field = Field(letter: 0)
        var next = rest
        func quotes(_ next: inout ArraySlice<UInt8>) -> Int {
            let count = next.prefix { $0 == UInt8(ascii: "'") }.count
            next = next.dropFirst(count)
            return count
        }
        field.numberLevel = quotes(&next)
        if next.first == UInt8(ascii: "-") {
            field.isLeftAligned = true
            next = next.dropFirst()
        }
        let digits = next.prefix { (48...57).contains($0) }
        next = next.dropFirst(digits.count)
        field.width = min(Int(String(decoding: digits, as: UTF8.self)) ?? 0, 1000)
        field.numberLevel = min(3, field.numberLevel + quotes(&next))
        guard let letter = next.popFirst(), letters.contains(letter) else { return nil }
        field.letter = letter
        rest = next
        return field
    }

    /// The format of `-v`: the name.
    static let names = OutputFormat(parsing: Array("%n%L".utf8))
    /// The format of `-i`: what changed, and the name.
    package static let items = OutputFormat(parsing: Array("%i %n%L".utf8))
    private static let deletions = OutputFormat(parsing: Array("deleting %n".utf8))

    /// The line for a change.
    package func line(_ item: ItemReport, _ itemizer: Itemizer) -> [UInt8] {
        var line: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): line += text
            case .field(let field):
                let value = value(of: field, item, itemizer)
                let padding = [UInt8](repeating: 0x20, count: max(0, field.width - value.count))
                line += field.isLeftAligned ? value + padding : padding + value
            }
        }
        return line
    }

    /// The line for a name that was deleted: of this format if it shows what happens.
    package func line(
        deleted name: [UInt8],
        isDirectory: Bool,
        permissions: UInt32? = nil,
        _ itemizer: Itemizer
    ) -> [UInt8] {
        let format = itemizes || showsOperation ? self : .deletions
        return format.line(ItemReport(deleted: name, isDirectory: isDirectory, permissions: permissions), itemizer)
    }

    private func value(of field: Field, _ item: ItemReport, _ itemizer: Itemizer) -> [UInt8] {
        switch field.letter {
        case UInt8(ascii: "n"): itemizer.names.escaped(item.name) + (item.isDirectory ? [UInt8(ascii: "/")] : [])
        case UInt8(ascii: "L"): link(item, itemizer)
        case UInt8(ascii: "f"): itemizer.names.escaped(item.longPath)
        default: Array(text(of: field, item, itemizer).utf8)
        }
    }

    private func link(_ item: ItemReport, _ itemizer: Itemizer) -> [UInt8] {
        if !item.hardLink.isEmpty { return Array(" => ".utf8) + itemizer.names.escaped(item.hardLink) }
        guard item.mode & 0o170000 == 0o120000, !item.isDeletion else { return [] }
        return Array(" -> ".utf8) + itemizer.names.escaped(item.target)
    }

    private func text(of field: Field, _ item: ItemReport, _ itemizer: Itemizer) -> String {
        func number(_ value: Int64) -> String { NumberText(level: field.numberLevel).count(value) }
        return switch Character(UnicodeScalar(field.letter)) {
        case "i": itemizer.text(item)
        case "l": number(item.size)
        case "b": number(item.transferred)
        case "c": number(item.sumBytes)
        case "C": itemizer.checksum(item)
        case "o": item.isDeletion ? "del." : item.isSending || item.isLocal ? "send" : "recv"
        case "B": ModeText.permissions(item.mode)
        case "M": ClockText.local(item.modified, separator: "-")
        case "U": "\(itemizer.options.attributes.owner ? item.uid : 0)"
        case "G": itemizer.options.attributes.group && !item.leavesGroup ? "\(item.gid)" : "DEFAULT"
        case "p": "\(getpid())"
        case "t": ClockText.local(Int64(time(nil)), separator: " ")
        // The module of a daemon.
        default: ""
        }
    }
}

/// Modes as `ls` shows them.
enum ModeText {
    /// `rwxr-xr-x`, with `s` and `t` where they belong.
    static func permissions(_ mode: UInt32) -> String {
        var text = Array("rwxrwxrwx")
        for bit in 0..<9 where mode & (0o400 >> bit) == 0 { text[bit] = "-" }
        for (bit, place, letters) in [(0o4000, 2, "Ss"), (0o2000, 5, "Ss"), (0o1000, 8, "Tt")]
            as [(UInt32, Int, String)]
        where mode & bit != 0 {
            text[place] =
                text[place] == "-" ? Character(letters.prefix(1).description) : Character(letters.suffix(1).description)
        }
        return String(text)
    }

    /// The type's letter and the permissions.
    static func whole(_ mode: UInt32) -> String {
        let kind: Character =
            switch mode & 0o170000 {
            case 0o040000: "d"
            case 0o120000: "l"
            case 0o020000: "c"
            case 0o060000: "b"
            case 0o140000: "s"
            case 0o010000: "p"
            default: "-"
            }
        return String(kind) + permissions(mode)
    }
}

/// Printed times.
package enum ClockText {
    /// `YYYY/MM/DD` and `HH:MM:SS` in the local time zone.
    package static func local(_ seconds: Int64, separator: String) -> String {
        guard let moment = localTime(seconds) else { return "(time out of range)" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(moment.year)/\(two(moment.month))/\(two(moment.day))"
        let hour = "\(two(moment.hour)):\(two(moment.minute)):\(two(moment.second))"
        return day + separator + hour
    }
}

extension ItemReport {
    /// Whether the entry is a directory.
    var isDirectory: Bool { mode & 0o170000 == 0o040000 }

    /// The name with the directory that the sender reads it from (`%f`).
    var longPath: [UInt8] {
        var path = directory.isEmpty ? name : directory + [PathParts.separator] + name
        while path.first == PathParts.separator { path.removeFirst() }
        return path
    }
}
