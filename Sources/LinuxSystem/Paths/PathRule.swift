import Glibc

/// Which symbolic links on the way of a path are followed, and where it may lead (rsync(1), `--insecure-links` and
/// `--confine-root`).
package struct PathRule: Hashable, Sendable {
    /// Where a path may lead.
    package enum Reach: Hashable, Sendable {
        /// Everywhere.
        case anywhere
        /// Nowhere above the directory that it starts from. What an absolute link names is looked for there, too, if it is
        /// below this absolute path, which is then left out; nil: absolute links are refused.
        case enclosed(below: [UInt8]?)
    }

    /// Whose links are followed.
    package enum Links: Hashable, Sendable {
        case nobodys
        /// Those of root and of this process's user.
        case trusted
        case everybodys
    }

    /// Whose links are followed.
    package var links: Links
    /// Where the path may lead.
    package var reach: Reach
    /// An absolute path: what is opened must be below this directory, whatever the way there is; nil for no limit.
    package var limit: [UInt8]?

    /// Makes a rule.
    package init(links: Links = .trusted, reach: Reach = .anywhere, limit: [UInt8]? = nil) {
        self.links = links
        self.reach = reach
        self.limit = limit
    }

    /// The same rule without a limit.
    package var unlimited: PathRule { PathRule(links: links, reach: reach) }

    /// Whether everybody's links are followed, not only those of trusted users.
    package var followsAll: Bool {
        get { links == .everybodys }
        set { links = newValue ? .everybodys : .trusted }
    }

    /// The same rule for a directory that cannot be left.
    package func enclosed(below path: [UInt8]?) -> PathRule {
        PathRule(links: links, reach: .enclosed(below: path))
    }
}

extension SystemError {
    /// What was attempted where a path has a link of a user who is not trusted.
    static let followingLink = "follow link"

    /// What rsync prints before the error about a link of another user; nil for other errors.
    package var linkNote: String? {
        guard operation == Self.followingLink else { return nil }
        return "refusing to follow a symlink owned by an untrusted user; use --insecure-links locally or "
            + "\"insecure links = yes\" in a daemon module ONLY if every path component is trusted"
    }

    /// A line about this error after the one about a link, if there is that.
    package func withLinkNote(_ line: String) -> String { linkNote.map { "\($0)\n\(line)" } ?? line }
}
