import RsyncWire
import VolumeAccess

/// Where the generator's reports and requests for content go: over the wire, or on this machine.
///
/// Called on the generator's thread only. A failure to reach the sender ends the session through its state.
protocol TransferRequester: AnyObject {
    /// Whether source and destination are on this machine, so that whole files move by default.
    var isLocal: Bool { get }

    /// Reports a change that needs no data, or, in a dry run, that data would be asked for.
    func report(_ flags: ItemFlags, of candidate: Candidate)

    /// Asks for a file's data.
    ///
    /// - Parameters:
    ///   - plan: What shall become of it.
    ///   - basis: What lies at its name, when a delta against it may save data.
    func request(_ plan: TransferPlan, basis: ReadableFile?)

    /// Shows the sender that this side lives, where a sign is due.
    func showLife()

    /// Reports a removed name.
    func reportDeletion(_ name: [UInt8], isDirectory: Bool)
}
