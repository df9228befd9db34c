import RsyncWire
import VolumeAccess

/// Receives the generator's reports and requests for content: over the wire, or locally.
///
/// Called on the generator's thread only. A failure to reach the sender ends the session through ``SessionState``.
protocol TransferRequester: AnyObject {
    /// Whether source and destination are on this machine, so that whole files are copied by default.
    var isLocal: Bool { get }

    /// Reports a change that needs no data or, in a dry run, a file whose data would be requested.
    func report(_ flags: ItemFlags, of candidate: Candidate)

    /// Requests a file's data.
    ///
    /// - Parameters:
    ///   - plan: What to do with it.
    ///   - basis: The existing file, if a delta against it may save data.
    func request(_ plan: TransferPlan, basis: ReadableFile?)

    /// Records that the answer to an item that is reported next is awaited, for the values in it.
    func awaitValues(of index: Int32)

    /// Tells the sender that an entry is in place, so that it may delete its own (`--remove-source-files`).
    func confirm(_ index: Int32, _ entry: FileEntry, in list: FileList)

    /// Sends the sender a keep-alive if one is due.
    func sendKeepAlive()

    /// Reports a deleted name, and the permissions that it had, if they are known.
    func reportDeletion(_ name: [UInt8], isDirectory: Bool, permissions: UInt32?)
}
