import Checksums
import LinuxSystem
import RsyncEngine
package import RsyncOptions
import RsyncWire

/// The eleven characters of `-i` (protocol specification, transfer 18.3).
package struct Itemizer: Sendable {
    /// In place of the eleven characters for a name that was deleted.
    static let deletion = "*deleting  "

    let options: TransferOptions
    /// How names are escaped.
    let names: NameText

    /// The checksum of a file: blanks where there is none, zeros where a dry run would have one.
    func checksum(_ item: ItemReport) -> String {
        guard item.checksum.isEmpty else { return Hexadecimal.encode(item.checksum) }
        let choice = options.comparison.checksum ? options.wire.fileChecksumChoice : nil
        let algorithm = choice ?? options.wire.checksumChoice ?? .xxh128
        let isForetold = options.dryRun && item.flags.contains(.transfer) && algorithm != .none
        return String(repeating: isForetold ? "0" : " ", count: 2 * algorithm.digestLength)
    }

    /// Describes changes under a session's options, with its names escaped.
    package init(options: TransferOptions, names: NameText = NameText()) {
        (self.options, self.names) = (options, names)
    }

    /// Describes what happened to an entry.
    func text(_ item: ItemReport) -> String {
        if item.isDeletion { return Self.deletion }
        let flags = item.flags
        guard !flags.contains(.unexplained) else {
            return String([action(item), Self.kind(item.mode)]) + String(repeating: "?", count: 9)
        }
        var attributes = attributes(item)
        let action = action(item)
        if flags.contains(.isNew) {
            attributes = Array(repeating: "+", count: 9)
        } else if ".hc".contains(action), attributes.allSatisfy({ $0 == "." }) {
            attributes = Array(repeating: " ", count: 9)
        }
        return String([action, Self.kind(item.mode)] + attributes)
    }

    private func action(_ item: ItemReport) -> Character {
        if item.flags.contains(.transfer) { return item.isSending && !item.isLocal ? "<" : ">" }
        guard item.flags.contains(.localChange) else { return "." }
        return item.flags.contains(.nameFollows) ? "h" : "c"
    }

    /// The type of an entry.
    private static func kind(_ mode: UInt32) -> Character {
        switch mode & 0o170000 {
        case 0o100000: "f"
        case 0o040000: "d"
        case 0o120000: "L"
        case 0o020000, 0o060000: "D"
        default: "S"
        }
    }

    private func attributes(_ item: ItemReport) -> [Character] {
        let flags = item.flags
        let isLink = item.mode & 0o170000 == 0o120000
        let keepsTimes = options.attributes.times && !(isLink && flags.contains(.reportTimeFailed))
        return [
            flags.contains(.reportChange) ? "c" : ".",
            flags.contains(.reportSize) && !isLink ? "s" : ".",
            flags.contains(.reportTime) ? (keepsTimes ? "t" : "T") : ".",
            flags.contains(.reportPermissions) ? "p" : ".",
            flags.contains(.reportOwner) ? "o" : ".",
            flags.contains(.reportGroup) ? "g" : ".",
            flags.contains(.reportAccessTime) ? "u" : ".",
            flags.contains(.reportACL) ? "a" : ".",
            flags.contains(.reportAttributes) ? "x" : ".",
        ]
    }
}
