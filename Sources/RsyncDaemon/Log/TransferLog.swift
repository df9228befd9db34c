import RsyncCommand
import RsyncEngine
import RsyncOptions
import RsyncWire

/// The lines of `transfer logging`, in a module's `log format` (rsyncd.conf(5)).
struct TransferLog: Sendable {
    /// What the format's escapes about the session stand for.
    struct Session: Sendable {
        let client: ClientHost
        let module: [UInt8]
        let path: [UInt8]
        let user: [UInt8]

        /// The value of an escape; nil for one about a file.
        fileprivate func value(_ letter: UInt8) -> [UInt8]? {
            switch letter {
            case UInt8(ascii: "a"): Array(client.text.utf8)
            case UInt8(ascii: "h"): Array(client.shownName.utf8)
            case UInt8(ascii: "m"): module
            case UInt8(ascii: "P"): path
            case UInt8(ascii: "u"): user
            default: nil
            }
        }
    }

    private static let percent = UInt8(ascii: "%")

    private let format: OutputFormat
    private let itemizer: Itemizer

    /// Prepares the lines of a session.
    ///
    /// - Parameters:
    ///   - format: The module's `log format`.
    ///   - session: Gives the values of the format's escapes.
    ///   - options: Its options.
    init(_ format: [UInt8], _ session: Session, _ options: TransferOptions) {
        self.format = OutputFormat(
            parsing: Self.replacing(format) { letter in
                session.value(letter).map { $0.flatMap { $0 == Self.percent ? [$0, $0] : [$0] } }
            }
        )
        itemizer = Itemizer(options: options)
    }

    /// The line for a change; nil for one that is not logged.
    func line(_ item: ItemReport) -> [UInt8]? {
        let isLogged = format.itemizes ? item.flags != [] : item.flags.contains(.transfer)
        return isLogged ? format.line(item, itemizer) : nil
    }

    /// The line for a deletion.
    func line(deleted name: [UInt8], isDirectory: Bool) -> [UInt8] {
        format.line(deleted: name, isDirectory: isDirectory, itemizer)
    }

    /// Replaces escapes; nil keeps one as it is.
    private static func replacing(_ format: [UInt8], _ value: (UInt8) -> [UInt8]?) -> [UInt8] {
        var (result, rest) = ([UInt8](), format[...])
        while let byte = rest.popFirst() {
            guard byte == percent, let letter = rest.first else {
                result.append(byte)
                continue
            }
            if letter != percent, let found = value(letter) {
                result += found
            } else {
                result += [byte, letter]
            }
            rest = rest.dropFirst()
        }
        return result
    }
}
