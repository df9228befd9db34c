import Glibc
import LinuxSystem
package import RsyncEngine
import RsyncOptions
import RsyncWire

/// The format of the lines that report changes: `--out-format` (protocol specification, transfer 18.3).
package struct OutputFormat: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case text([UInt8])
        case field(UInt8)
    }

    private static let served = Array("inLlboBMUGpt".utf8)
    private let pieces: [Piece]

    /// Whether it shows what changed.
    package var itemizes: Bool { pieces.contains(.field(UInt8(ascii: "i"))) }

    /// Reads a format.
    ///
    /// - Throws: ``CommandError/unsupported(_:)`` for an escape or a width that is not supported.
    package init(parsing format: [UInt8]) throws(CommandError) {
        var pieces: [Piece] = []
        var rest = format[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let letter = rest.popFirst() else {
                pieces.append(.text([byte]))
                continue
            }
            if letter == byte {
                pieces.append(.text([byte]))
            } else {
                guard Self.served.contains(letter) else {
                    throw .unsupported("%\(Character(UnicodeScalar(letter))) of --out-format")
                }
                pieces.append(.field(letter))
            }
        }
        self.pieces = pieces
    }

    private init(_ pieces: [Piece]) { self.pieces = pieces }

    /// The format of `-v`: the name.
    static let names = OutputFormat([.field(UInt8(ascii: "n")), .field(UInt8(ascii: "L"))])
    /// The format of `-i`: what changed, and the name.
    static let items = OutputFormat([
        .field(UInt8(ascii: "i")), .text([0x20]), .field(UInt8(ascii: "n")), .field(UInt8(ascii: "L")),
    ])

    /// The line for a change.
    package func line(_ item: ItemReport, _ itemizer: Itemizer) -> [UInt8] {
        var line: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): line += text
            case .field(UInt8(ascii: "n")): line += Self.name(item)
            case .field(UInt8(ascii: "L")): line += Self.link(item)
            case .field(let letter): line += Array(Self.value(letter, item, itemizer).utf8)
            }
        }
        return line
    }

    /// The line for a name that was deleted.
    func line(deleted name: [UInt8], isDirectory: Bool) -> [UInt8] {
        let shown = NameText.escaped(name) + (isDirectory ? [UInt8(ascii: "/")] : [])
        guard itemizes else { return Array("deleting ".utf8) + shown }
        return Array(Itemizer.deletion.utf8) + [0x20] + shown
    }

    private static func name(_ item: ItemReport) -> [UInt8] {
        NameText.escaped(item.name) + (item.isDirectory ? [UInt8(ascii: "/")] : [])
    }

    private static func link(_ item: ItemReport) -> [UInt8] {
        if !item.hardLink.isEmpty { return Array(" => ".utf8) + NameText.escaped(item.hardLink) }
        guard item.mode & 0o170000 == 0o120000 else { return [] }
        return Array(" -> ".utf8) + NameText.escaped(item.target)
    }

    private static func value(_ letter: UInt8, _ item: ItemReport, _ itemizer: Itemizer) -> String {
        switch Character(UnicodeScalar(letter)) {
        case "i": itemizer.text(item)
        case "l": "\(item.size)"
        case "b": "\(item.transferred)"
        case "o": item.isSending || item.isLocal ? "send" : "recv"
        case "B": permissions(item.mode)
        case "M": ClockText.local(item.modified, separator: "-")
        case "U": "\(item.uid)"
        case "G": itemizer.options.attributes.group ? "\(item.gid)" : "DEFAULT"
        case "p": "\(getpid())"
        default: ClockText.local(Int64(time(nil)), separator: " ")
        }
    }

    /// `rwxr-xr-x`, with `s` and `t` where they belong.
    private static func permissions(_ mode: UInt32) -> String {
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
}

/// Printed times.
package enum ClockText {
    /// `YYYY/MM/DD` and `HH:MM:SS` in the local time zone.
    package static func local(_ seconds: Int64, separator: String) -> String {
        guard let moment = localTime(seconds) else { return "\(seconds)" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(moment.year)/\(two(moment.month))/\(two(moment.day))"
        let hour = "\(two(moment.hour)):\(two(moment.minute)):\(two(moment.second))"
        return day + separator + hour
    }
}

extension ItemReport {
    /// Whether the entry is a directory.
    var isDirectory: Bool { mode & 0o170000 == 0o040000 }
}
