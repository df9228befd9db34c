public import Checksums
public import VolumeAccess

/// A directory that a daemon serves under a name.
public struct DaemonModule: Sendable {
    /// The name that clients ask for.
    public var name: [UInt8]
    /// The directory.
    public var volume: Volume
    /// Text for the listing.
    public var comment: [UInt8] = []
    /// Whether the listing shows it.
    public var isListed = true
    /// Whether clients may only pull.
    public var isReadOnly = false
    /// Whether clients may only push.
    public var isWriteOnly = false
    /// Makes the proof that a user who may use the module gives for a challenge, nil for all others; nil lets everybody in.
    public var proof: Proof?
    /// Whether owners keep their numbers, whatever the client says.
    public var forcesNumericIDs = false
    /// The longest silence in seconds; 0 for none.
    public var timeout = 0
    /// Names or letters of options that clients may not use.
    public var refusedOptions: [String] = []
    /// Whether a user who proved a password may only pull; nil leaves it to ``isReadOnly``.
    public var readOnlyRule: (@Sendable (_ user: [UInt8]) -> Bool?)?
    /// Whether modification times are compared to the nanosecond, as far as the file system keeps them, with clients whose
    /// protocol has nanoseconds (31 and later) and who say nothing else (`--modify-window`).
    public var comparesNanoseconds = false
    /// Held for as long as the session lasts.
    var slot: ConnectionSlot?

    /// What a user, a challenge and a digest are answered with (`AuthenticationExchange`).
    public typealias Proof =
        @Sendable (_ user: [UInt8], _ challenge: [UInt8], _ digest: AuthenticationDigest) -> [UInt8]?

    /// Serves a directory to everybody, for reading and writing.
    public init(name: [UInt8], volume: Volume) {
        self.name = name
        self.volume = volume
    }
}

/// What a daemon serves.
public protocol DaemonCatalogue: Sendable {
    /// Text behind the greeting; nil for none.
    var messageOfTheDay: [UInt8]? { get }
    /// The modules that the listing shows.
    var listedModules: [(name: [UInt8], comment: [UInt8])] { get }
    /// Finds a module for a client.
    ///
    /// - Parameters:
    ///   - name: As the client sent it.
    ///   - peer: The client's address, such as `10.0.0.7:443`.
    /// - Returns: The module, or why there is none for this client, as the text behind `@ERROR: `.
    func module(named name: [UInt8], for peer: String) -> DaemonAnswer
}

/// What a catalogue says to a request.
public enum DaemonAnswer: Sendable {
    /// The client may go on, after proving its password if there is one.
    case module(DaemonModule)
    /// The client is refused with this text.
    case refused([UInt8])
}

/// A catalogue that does not change.
public struct FixedCatalogue: DaemonCatalogue {
    private let modules: [DaemonModule]

    /// Serves some modules to every client.
    public init(_ modules: [DaemonModule]) {
        self.modules = modules
    }

    /// None.
    public var messageOfTheDay: [UInt8]? { nil }

    /// The modules that are not hidden.
    public var listedModules: [(name: [UInt8], comment: [UInt8])] {
        modules.filter(\.isListed).map { ($0.name, $0.comment) }
    }

    /// Finds a module by its name, for any client.
    public func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        guard let module = modules.first(where: { $0.name == name }) else {
            return .refused(Array("Unknown module '".utf8) + name + Array("'".utf8))
        }
        return .module(module)
    }
}
