/// The options of a transfer that affect both ends (protocol specification, session 2 and transfer 17).
public struct TransferOptions: Sendable, Equatable {
    /// Which names are in the transfer.
    public var selection = Selection()
    /// When a file counts as unchanged.
    public var comparison = Comparison()
    /// Which attributes of an entry are preserved.
    public var attributes = Attributes()
    /// How files are written at the destination.
    public var placement = Placement()
    /// Deletions at the destination.
    public var deletion = Deletion()
    /// The wire protocol between the two ends.
    public var wire = Wire()
    /// What is printed.
    public var output = Output()
    /// Options between dvm programs.
    public var agent = Agent()
    /// Limits that are not sent to the peer.
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
