package import Checksums
package import RsyncOptions
import Transport
package import VolumeAccess

/// A directory that a daemon serves under a name.
package struct DaemonModule: Sendable {
    /// The name that clients request.
    package var name: [UInt8]
    /// The directory; nil when ``opener`` provides it.
    package var volume: Volume?
    /// Opens the directory for an admitted client whose request is known; nil when it is already open.
    package let opener: (any ModuleOpener)?
    /// The comment in the module listing.
    package var comment: [UInt8] = []
    /// Whether the listing includes it.
    package var isListed = true
    /// Whether clients may only pull.
    package var isReadOnly = false
    /// Whether clients may only push.
    package var isWriteOnly = false
    /// Computes the responses expected from a user who may use the module; nil admits everyone.
    package var proof: Proof?
    /// The digests accepted for it, strongest first; nil for those of the session.
    package var digests: [AuthenticationDigest]?
    /// Whether paths in messages begin with a slash, as in rsync with a chroot to the directory.
    package var isRoot = true
    /// Whether owners keep their numeric IDs, whatever the client requests.
    package var forcesNumericIDs = false
    /// The I/O timeout in seconds; 0 for none.
    package var timeout = 0
    /// The largest file that is received or sent, in bytes; nil for no limit.
    package var largestFile: Int64?
    /// The memory that a client's file lists may take, in bytes; nil for the default.
    package var listMemory: Int?
    /// The options that clients may not use.
    package var refusals = OptionRefusals([])
    /// What the daemon does around the client's session; nil when nothing is.
    package var visit: (any ModuleVisit)?
    /// Whether modification times are compared to the nanosecond, as far as the file system stores them, with clients
    /// whose protocol has nanoseconds (31 and later), unless they request otherwise (`--modify-window`).
    package var comparesNanoseconds = false
    /// Whether SELinux labels are left alone unless a dvm client requests them: a client could otherwise give files
    /// labels that mean something here.
    package var guardsLabels = false

    /// Computes the responses of which one is expected, for a user, a challenge and a digest
    /// (`AuthenticationExchange`); none for a user who may not use the module.
    package typealias Proof =
        @Sendable (_ user: [UInt8], _ challenge: [UInt8], _ digest: AuthenticationDigest) -> [[UInt8]]

    /// Serves a directory to everyone, for reading and writing.
    package init(name: [UInt8], volume: Volume) {
        self.name = name
        self.volume = volume
        opener = nil
    }

    /// Serves a directory that a visit opens.
    package init(name: [UInt8], visit: any ModuleVisit) {
        self.name = name
        self.visit = visit
        opener = nil
    }

    /// Serves a directory that is opened once a client has been admitted.
    package init(name: [UInt8], opener: any ModuleOpener) {
        self.name = name
        self.opener = opener
    }
}

/// Opens the directory of a module for one session.
package protocol ModuleOpener: Sendable {
    /// Opens the directory or returns the reason for refusing; called on the session's own thread, which it may block.
    func open(for request: DaemonRequest) -> DaemonOpening
}

/// The connection that a session runs over, as its listener knows it.
///
/// Safe to use from any thread: other sessions check whether it is gone, and end it.
package protocol DaemonConnection: Sendable {
    /// Whether the client has closed it.
    var isGone: Bool { get }

    /// Ends the session in an orderly way on request; nil when nobody requests that.
    var stop: SessionStop? { get }

    /// Begins a session on it once the client is admitted.
    ///
    /// - Returns: The reason for refusing, for the client; nil on success.
    func beginSession() -> [UInt8]?

    /// Aborts the session.
    func end()
}

extension DaemonConnection {
    package var stop: SessionStop? { nil }
}

/// A connection of which only the stream is known.
struct StreamConnection: DaemonConnection {
    let stream: any ByteStream

    var isGone: Bool { false }

    func beginSession() -> [UInt8]? { nil }

    func end() { stream.close() }
}

/// An admitted client's request to a module.
package struct DaemonRequest: Sendable {
    /// The authenticated user; empty where no password is needed.
    package let user: [UInt8]
    /// The client's address.
    package let peer: String
    /// Whether the client pushes, and not in a dry run.
    package let isWriting: Bool
    /// The job that the session belongs to; empty for none.
    package let job: String
    /// The connection that the session runs over.
    package let connection: any DaemonConnection
}

/// The outcome of a request.
package enum DaemonOpening: Sendable {
    /// The directory, the reach of its writer's lock (``TransferTally/lockReach``), and an object that the session
    /// retains until it ends.
    case opened(Volume, lockReach: Int64 = 0, hold: (any AnyObject & Sendable)? = nil)
    /// The reason, for the client, and its exit code.
    case refused(String, exitCode: Int32)
}

/// What a daemon serves.
package protocol DaemonCatalogue: Sendable {
    /// Text after the greeting; nil for none.
    var messageOfTheDay: [UInt8]? { get }
    /// The modules in the listing.
    var listedModules: [(name: [UInt8], comment: [UInt8])] { get }
    /// The authentication required of every client before its request is examined, so that no one else learns which
    /// modules exist; nil when each module has its own.
    var proof: DaemonModule.Proof? { get }
    /// Looks up a module for a client.
    ///
    /// - Parameters:
    ///   - name: As the client sent it.
    ///   - peer: The client's address, such as `10.0.0.7:443`.
    /// - Returns: The module, or the reason for refusing, as the text after `@ERROR: `.
    func module(named name: [UInt8], for peer: String) -> DaemonAnswer
}

extension DaemonCatalogue {
    /// None: each module has its own.
    package var proof: DaemonModule.Proof? { nil }
}

/// A catalogue's answer to a request.
package enum DaemonAnswer: Sendable {
    /// The client may proceed, after authentication if the module requires it.
    case module(DaemonModule)
    /// The client is rejected with this text.
    case refused([UInt8])
}
