/// What a target promises of what it has called complete, of `--durability`.
package enum Durability: String, Sendable, CaseIterable {
    /// It is on the disk: it survives a power cut, and errors of the disk are errors of the pass.
    case power
    /// It is with the kernel, and with the server of a network file system: it survives the end of the target.
    case process
    /// As ``process`` on local disks; network file systems are not asked for lost writes.
    case none
}

/// What a source knows of a target's promise.
enum TargetDurability: Equatable, Sendable {
    /// The target said so.
    case promised(Durability)
    /// The target is not of our kind.
    case stock
    /// The target is one of ours whose version does not tell.
    case older
    /// The target was not asked, because of `--check none`.
    case notAsked

    /// For a person, and for the figures of a volume.
    var text: String {
        switch self {
        case .promised(let durability): durability.rawValue
        case .stock: "not known (stock target)"
        case .older: "not known (older dvm-target)"
        case .notAsked: "not asked (--check none)"
        }
    }
}
