import Glibc
import LinuxSystem
import RsyncEngine

/// What a message about a volume says of its transfer.
enum PassException: Equatable {
    /// Of a kind that a job may accept.
    case accepted(AcceptedException)
    /// A file, by its whole path at the source, became shorter while it was read; it is sent again.
    case shrunk(String)
    /// A part of a file could not be read; it is sent again.
    case unread
    /// The target kept the older content of a file, by its name in the volume, since what arrived twice did not have the
    /// checksum that was sent.
    case discarded(String)
    /// The target stopped deleting, or deleted nothing.
    case undeleted
    /// Something else could not be transferred.
    case other
    /// A warning of another kind.
    case warning
    /// Nothing that another message or the outcome does not tell.
    case remark

    /// Classifies a message of either side.
    ///
    /// - Parameters:
    ///   - text: The message, one line; rsync's words (protocol specification, transfer 12.1 and 13).
    ///   - level: Its severity.
    init(_ text: String, _ level: MessageLevel) {
        // Information from a target that has no warnings (before protocol 30), which ends with exit code 0 nevertheless.
        if Self.limits.contains(where: text.hasPrefix) {
            self = .undeleted
            return
        }
        if case .info = level {
            self = .remark
            return
        }
        let isWarning = if case .warning = level { true } else { false }
        if SessionResult.concernsLargeFile(text) {
            self = .accepted(.largeFiles)
        } else if SessionResult.concernsAttributes(text) {
            self = .accepted(Self.concernsTop(text) ? .topDirectoryAttributes : .attributes)
        } else if isWarning, text.hasPrefix("file has vanished: \"") {
            self = .accepted(.vanished)
        } else if isWarning, Self.changes.contains(where: text.hasPrefix) {
            self = .accepted(.changed)
        } else if let path = Self.part(of: text, between: Self.readErrors, and: "\": \(SessionResult.becameShorter)") {
            self = .shrunk(path)
        } else if isWarning, text.hasPrefix(Self.readErrors) {
            self = .unread
        } else if let name = Self.part(of: text, between: "ERROR: ", and: " failed verification -- update discarded.") {
            self = .discarded(name)
        } else if text.hasPrefix("rsync error: ") || text.hasSuffix("(will try again).") {
            // The former only sums up the others.
            self = .remark
        } else {
            self = isWarning ? .warning : .other
        }
    }

    /// Whether a message about attributes is about the volume's top directory, and says that it belongs to somebody else.
    private static func concernsTop(_ text: String) -> Bool {
        guard let quote = text.firstIndex(of: "\"") else { return false }
        // Stock names it ".", a dvm-target "/.".
        let isTop = ["\".\" (in ", "\"/.\" (in "].contains { text[quote...].hasPrefix($0) }
        return isTop && text.hasSuffix(": \(SystemError.text(of: EPERM)) (\(EPERM))")
    }

    private static let limits = ["Deletions stopped due to --max-delete limit", "nothing was deleted: "]

    private static let readErrors = "rsync: [sender] read errors mapping \""

    private static func part(of text: String, between start: String, and end: String) -> String? {
        guard text.hasPrefix(start), text.hasSuffix(end), text.utf8.count > start.utf8.count + end.utf8.count else {
            return nil
        }
        return String(text.dropFirst(start.count).dropLast(end.count))
    }

    private static let changes = ["grown", "shrunk", "been written to"].map { "file has \($0) while it was read: \"" }
}
