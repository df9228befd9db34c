import RsyncWire
import VolumeAccess

/// How the generator has its decisions carried out: over the wire, or on this machine.
///
/// Called on the generator's thread only. A failure to reach the sender ends the session through its state.
protocol TransferRequester: AnyObject {
    /// Whether source and destination are on this machine, so that whole files move by default.
    var isLocal: Bool { get }

    /// Reports a change that needs no data.
    ///
    /// `link` is the name a hard link was made to; nil for other changes.
    func report(_ index: Int32, _ flags: ItemFlags, _ entry: FileEntry, in list: FileList, link: [UInt8]?)

    /// Asks for a file's data.
    ///
    /// - Parameters:
    ///   - plan: What shall become of it.
    ///   - basis: What lies at its name, when a delta against it may save data.
    func request(_ plan: TransferPlan, basis: ReadableFile?)

    /// Reports a removed name.
    func reportDeletion(_ name: [UInt8], isDirectory: Bool)
}
