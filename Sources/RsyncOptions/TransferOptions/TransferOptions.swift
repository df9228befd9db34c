/// The options of a transfer that affect both ends (protocol specification, session 2 and transfer 17).
package struct TransferOptions: Sendable, Equatable {
    /// Which names are in the transfer.
    package var selection = Selection()
    /// When a file counts as unchanged.
    package var comparison = Comparison()
    /// Which attributes of an entry are preserved.
    package var attributes = Attributes()
    /// How files are written at the destination.
    package var placement = Placement()
    /// Deletions at the destination.
    package var deletion = Deletion()
    /// The wire protocol between the two ends.
    package var wire = Wire()
    /// What is printed.
    package var output = Output()
    /// Options between dvm programs.
    package var agent = Agent()
    /// Limits that are not sent to the peer.
    package var limits = Limits()
    /// What is negotiated.
    package var preferences = Preferences()
    /// `-n`: nothing is changed at the destination.
    package var dryRun = false

    /// Makes the options of a bare `rsync SOURCE DESTINATION`.
    package init() {}

    /// Whether a sender may list directory by directory.
    ///
    /// Not with `--relative`: what is below implied directories is known only when all arguments have been listed.
    package var listsIncrementally: Bool { selection.recursive && !selection.relative }

    /// Whether a receiver can do without the whole list (protocol specification, transfer 4.1).
    package var allowsIncrementalLists: Bool {
        !selection.prunesEmptyDirectories && !deletion.takesWholeList && !placement.delaysUpdates
    }

    /// Whether file lists may come directory by directory.
    package var takesIncrementalRecursion: Bool { offersIncrementalRecursion(serverSends: true) }

    /// Whether a client tells the server that it can do so; a server that receives knows by itself when it needs the
    /// whole list.
    package func offersIncrementalRecursion(serverSends: Bool) -> Bool {
        listsIncrementally && (allowsIncrementalLists || !serverSends) && wire.incrementalRecursion
            && !agent.smallestFirst
    }

    /// Whether a client sends `-d` (protocol specification, session 2.2).
    var sendsDirs: Bool {
        guard !selection.recursive else { return false }
        return selection.dirs ?? selection.listsOnly
    }

    /// Sets what `-a` stands for: `-rlptgoD`.
    package mutating func setArchive() {
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
