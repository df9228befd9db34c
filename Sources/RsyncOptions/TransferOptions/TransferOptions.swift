/// The options of a transfer that change what the two ends do (protocol specification, session 2 and transfer 17).
public struct TransferOptions: Sendable, Equatable {
    /// Which names are in the transfer.
    public var selection = Selection()
    /// When a file counts as unchanged.
    public var comparison = Comparison()
    /// What is kept of an entry besides its name and content.
    public var attributes = Attributes()
    /// How content gets to its place at the destination.
    public var placement = Placement()
    /// What is deleted at the destination.
    public var deletion = Deletion()
    /// How the two ends speak.
    public var wire = Wire()
    /// What is printed.
    public var output = Output()
    /// What only our own programs tell each other.
    public var agent = Agent()
    /// What the peer is not told.
    public var limits = Limits()
    /// `-n`: nothing is changed at the destination.
    public var dryRun = false

    /// Makes the options of a bare `rsync SOURCE DESTINATION`.
    public init() {}

    /// Whether a client tells the server that file lists may come directory by directory.
    package var offersIncrementalRecursion: Bool {
        selection.recursive && wire.incrementalRecursion && !deletion.isBefore && !agent.smallestFirst
    }

    /// Sets what `-a` stands for: `-rlptgoD`.
    public mutating func setArchive() {
        selection.recursive = true
        attributes.links = true
        attributes.permissions = true
        attributes.times = true
        attributes.group = true
        attributes.owner = true
        attributes.devices = true
        attributes.specials = true
    }
}
