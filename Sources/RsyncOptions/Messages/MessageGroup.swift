/// A kind of messages that `--info` or `--debug` sets the level of (rsync(1)).
package protocol MessageGroup: CaseIterable, RawRepresentable<Int>, Sendable where AllCases == [Self] {
    /// Its name in the option, in upper case.
    var name: String { get }
    /// One line of help.
    var help: String { get }
    /// The option that sets its level.
    static var option: String { get }
    /// What each `-v` adds to the levels of the one before; the first element is without `-v`.
    static var added: [[(group: Self, level: Int)]] { get }
}

/// The groups of `--info`.
package enum InfoGroup: Int, MessageGroup {
    case backup, copy, del, flist, misc, mount, name, nonreg, progress, remove, skip, stats, symsafe

    package static let option = "info"

    package static let added: [[(group: InfoGroup, level: Int)]] = [
        [(.nonreg, 1)],
        [(.copy, 1), (.del, 1), (.flist, 1), (.misc, 1), (.name, 1), (.stats, 1), (.symsafe, 1)],
        [(.backup, 1), (.misc, 2), (.mount, 1), (.name, 2), (.remove, 1), (.skip, 1)],
    ]

    package var name: String { "\(self)".uppercased() }

    package var help: String {
        switch self {
        case .backup: "backups of replaced and deleted files"
        case .copy: "files that the receiving side copies locally"
        case .del: "deletions at the destination"
        case .flist: "sending and receiving of file lists (levels 1-2)"
        case .misc: "other information (levels 1-2)"
        case .mount: "mount points found or skipped"
        case .name: "1: names of updated entries, 2: of unchanged ones too"
        case .nonreg: "files skipped because they are not regular (1 by default)"
        case .progress: "1: progress of each file, 2: of the whole transfer"
        case .remove: "files removed from the source"
        case .skip: "files skipped because of an option (levels 1-2)"
        case .stats: "statistics at the end (levels 1-3)"
        case .symsafe: "symbolic links that are unsafe"
        }
    }

    /// Whether a server in a role prints messages of the group, so that it is told the level.
    func isPrinted(bySender: Bool) -> Bool {
        switch self {
        case .misc, .mount, .name, .stats, .symsafe: true
        case .backup, .copy, .del, .nonreg, .skip: !bySender
        case .remove: bySender
        case .flist, .progress: false
        }
    }
}

/// The groups of `--debug`; docs/differences.md says which of them have no messages here.
package enum DebugGroup: Int, MessageGroup {
    case acl, backup, bind, chdir, connect, cmd, del, deltasum, dup, exit, filter, flist, fuzzy, genr, hash, hlink
    case iconv, io, nstr, own, proto, recv, send, time

    package static let option = "debug"

    package static let added: [[(group: DebugGroup, level: Int)]] = [
        [],
        [],
        [
            (.bind, 1), (.connect, 1), (.cmd, 1), (.del, 1), (.deltasum, 1), (.dup, 1), (.filter, 1), (.flist, 1),
            (.iconv, 1),
        ],
        [
            (.acl, 1), (.backup, 1), (.connect, 2), (.del, 2), (.deltasum, 2), (.exit, 1), (.filter, 2), (.flist, 2),
            (.fuzzy, 1), (.genr, 1), (.own, 1), (.recv, 1), (.send, 1), (.time, 1),
        ],
        [
            (.cmd, 2), (.del, 3), (.deltasum, 3), (.exit, 2), (.flist, 3), (.iconv, 2), (.own, 2), (.proto, 1),
            (.time, 2),
        ],
        [(.chdir, 1), (.deltasum, 4), (.flist, 4), (.fuzzy, 2), (.hash, 1), (.hlink, 1)],
    ]

    package var name: String { "\(self)".uppercased() }

    package var help: String {
        switch self {
        case .acl: "ACLs"
        case .backup: "backups (levels 1-2)"
        case .bind: "binding of sockets"
        case .chdir: "changes of the working directory"
        case .connect: "connections (levels 1-2)"
        case .cmd: "commands and arguments for the other end (levels 1-2)"
        case .del: "deletions (levels 1-3)"
        case .deltasum: "the delta algorithm (levels 1-4)"
        case .dup: "names that are listed twice"
        case .exit: "the end of the program (levels 1-3)"
        case .filter: "effects of filter rules (levels 1-3)"
        case .flist: "file lists (levels 1-4)"
        case .fuzzy: "the choice of a basis of a similar name (levels 1-2)"
        case .genr: "the generator"
        case .hash: "hash tables"
        case .hlink: "hard links (levels 1-3)"
        case .iconv: "conversion of names (levels 1-2)"
        case .io: "reading and writing (levels 1-4)"
        case .nstr: "negotiation of algorithms"
        case .own: "changes of owners and groups (levels 1-2)"
        case .proto: "protocol versions"
        case .recv: "the receiver"
        case .send: "the sender"
        case .time: "setting of times (levels 1-2)"
        }
    }
}
