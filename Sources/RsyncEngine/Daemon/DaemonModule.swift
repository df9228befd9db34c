package import Checksums
import Transport
package import VolumeAccess

/// A directory that a daemon serves under a name.
package struct DaemonModule: Sendable {
    /// The name that clients ask for.
    package var name: [UInt8]
    /// The directory; nil where the opener finds it.
    package var volume: Volume?
    /// Opens the directory for a client that was let in and has said what it wants; nil where it is open already.
    package let opener: (any ModuleOpener)?
    /// Text for the listing.
    package var comment: [UInt8] = []
    /// Whether the listing shows it.
    package var isListed = true
    /// Whether clients may only pull.
    package var isReadOnly = false
    /// Whether clients may only push.
    package var isWriteOnly = false
    /// Makes the proof that a user who may use the module gives for a challenge, nil for all others; nil lets everybody in.
    package var proof: Proof?
    /// Whether owners keep their numbers, whatever the client says.
    package var forcesNumericIDs = false
    /// The longest silence in seconds; 0 for none.
    package var timeout = 0
    /// The longest file that is taken or sent, in bytes; nil for any.
    package var largestFile: Int64?
    /// Bytes in memory that a client's file lists may take; nil for the usual limit.
    package var listMemory: Int?
    /// Names or letters of options that clients may not use.
    package var refusedOptions: [String] = []
    /// Whether a user who proved a password may only pull; nil leaves it to ``isReadOnly``.
    package var readOnlyRule: (@Sendable (_ user: [UInt8]) -> Bool?)?
    /// Whether modification times are compared to the nanosecond, as far as the file system keeps them, with clients whose
    /// protocol has nanoseconds (31 and later) and who say nothing else (`--modify-window`).
    package var comparesNanoseconds = false
    /// The places among the module's connections, of which a client takes one once it is let in; nil for any number.
    var slots: ConnectionSlots?
    /// What a client is told when there is no place left.
    var fullText: [UInt8] = []

    /// What a user, a challenge and a digest are answered with (`AuthenticationExchange`).
    package typealias Proof =
        @Sendable (_ user: [UInt8], _ challenge: [UInt8], _ digest: AuthenticationDigest) -> [UInt8]?

    /// Serves a directory to everybody, for reading and writing.
    package init(name: [UInt8], volume: Volume) {
        self.name = name
        self.volume = volume
        opener = nil
    }

    /// Serves a directory that is opened when a client has been let in.
    package init(name: [UInt8], opener: any ModuleOpener) {
        self.name = name
        self.opener = opener
    }
}

/// Opens the directory of a module for one session.
package protocol ModuleOpener: Sendable {
    /// Opens it, or says why not; called on the session's own thread, which it may block.
    func open(for request: DaemonRequest) -> DaemonOpening
}

/// The connection that a session runs over, as whoever listens for connections knows it.
///
/// May be used from any thread: other sessions ask whether it is gone, and end it.
package protocol DaemonConnection: Sendable {
    /// Whether the client has ended it.
    var isGone: Bool { get }

    /// Begins a session on it, once the client is let in.
    ///
    /// - Returns: Why there is none, for the client; nil when there is one.
    func beginSession() -> [UInt8]?

    /// Breaks the session off.
    func end()
}

/// A connection of which nothing but the stream is known.
struct StreamConnection: DaemonConnection {
    let stream: any ByteStream

    var isGone: Bool { false }

    func beginSession() -> [UInt8]? { nil }

    func end() { stream.close() }
}

/// What a client that was let in wants of a module.
package struct DaemonRequest: Sendable {
    /// Who proved a password; empty where none is needed.
    package let user: [UInt8]
    /// The client's address.
    package let peer: String
    /// Whether it pushes, and not in a dry run.
    package let isWriting: Bool
    /// Which job the session belongs to; empty for none.
    package let job: String
    /// What the session runs over.
    package let connection: any DaemonConnection
}

/// What became of a request.
package enum DaemonOpening: Sendable {
    /// The directory, how far the lock of its writer reaches (``TransferTally/lockReach``), and what the session holds until
    /// its end.
    case opened(Volume, lockReach: Int64 = 0, hold: (any AnyObject & Sendable)? = nil)
    /// A sentence for the client, and its exit code.
    case refused(String, exitCode: Int32)
}

/// What a daemon serves.
package protocol DaemonCatalogue: Sendable {
    /// Text behind the greeting; nil for none.
    var messageOfTheDay: [UInt8]? { get }
    /// The modules that the listing shows.
    var listedModules: [(name: [UInt8], comment: [UInt8])] { get }
    /// What every client has to prove before its request is looked at, so that nobody else learns which modules there are;
    /// nil where each module decides for itself.
    var proof: DaemonModule.Proof? { get }
    /// Finds a module for a client.
    ///
    /// - Parameters:
    ///   - name: As the client sent it.
    ///   - peer: The client's address, such as `10.0.0.7:443`.
    /// - Returns: The module, or why there is none for this client, as the text behind `@ERROR: `.
    func module(named name: [UInt8], for peer: String) -> DaemonAnswer
}

extension DaemonCatalogue {
    /// None: each module decides.
    package var proof: DaemonModule.Proof? { nil }
}

/// What a catalogue says to a request.
package enum DaemonAnswer: Sendable {
    /// The client may go on, after proving its password if there is one.
    case module(DaemonModule)
    /// The client is refused with this text.
    case refused([UInt8])
}

/// A catalogue that does not change.
package struct FixedCatalogue: DaemonCatalogue {
    private let modules: [DaemonModule]

    /// Serves some modules to every client.
    package init(_ modules: [DaemonModule]) {
        self.modules = modules
    }

    /// None.
    package var messageOfTheDay: [UInt8]? { nil }

    /// The modules that are not hidden.
    package var listedModules: [(name: [UInt8], comment: [UInt8])] {
        modules.filter(\.isListed).map { ($0.name, $0.comment) }
    }

    /// Finds a module by its name, for any client.
    package func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        guard let module = modules.first(where: { $0.name == name }) else {
            return .refused(Array("Unknown module '".utf8) + name + Array("'".utf8))
        }
        return .module(module)
    }
}
