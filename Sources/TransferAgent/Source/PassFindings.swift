import RsyncEngine

/// What the messages of a session say about a volume, counted by kinds.
struct PassFindings: Equatable, Sendable {
    /// Messages of each kind that a job may accept.
    var counts: [AcceptedException: Int] = [:]
    /// Files that changed under both attempts to read them, so that the target kept their older content.
    var discarded = 0
    /// Messages about what else could not be transferred.
    var failed = 0
    /// Warnings of another kind.
    var warned = 0
    /// Findings of the check about attributes that cannot be kept, which count in a cutover only.
    var foreseen = 0
    /// Whether the target stopped deleting, or deleted nothing.
    var lacksDeletions = false

    /// The paths at the source of files that shrank while they were read, the first ones.
    private var shrunk: Set<String> = []
    /// Whether some file could not be read for another reason.
    private var hasUnread = false
    /// The volume's path at the source, as messages show it.
    private let root: String

    /// Nothing was said.
    init(root: String = "") { self.root = root }

    /// Counts a message.
    ///
    /// - Returns: Whether it is an exception, which is listed.
    mutating func note(_ text: String, _ level: MessageLevel) -> Bool {
        let exception = PassException(text, level)
        switch exception {
        case .accepted(let kind): counts[kind, default: 0] += 1
        case .shrunk(let path):
            counts[.changed, default: 0] += 1
            if shrunk.count < VolumeObserver.listedLimit { shrunk.insert(path) }
        case .unread:
            hasUnread = true
            warned += 1
        case .discarded(let name):
            // Of any other file the target has older content for a reason that no change explains.
            if !hasUnread, shrunk.contains("\(root)/\(name)") { discarded += 1 } else { failed += 1 }
        case .undeleted: lacksDeletions = true
        case .other: failed += 1
        case .warning: warned += 1
        case .remark: break
        }
        if exception == .remark, case .info = level { return false }
        return true
    }

    /// How many messages of a kind there were.
    func count(_ kind: AcceptedException) -> Int { counts[kind] ?? 0 }
}
