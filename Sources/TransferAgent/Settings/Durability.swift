/// What a target guarantees for a complete volume (`--durability`).
package enum Durability: String, Sendable, CaseIterable {
    /// It is on the disk: it survives a power cut, and errors of the disk are errors of the pass.
    case power
    /// It has reached the kernel, or the server of a network file system: it survives the end of the target.
    case process
    /// As ``process`` on local disks; network file systems are not checked for lost writes.
    case none
}

/// What a source knows about a target's durability.
enum TargetDurability: Equatable, Sendable {
    /// The target reported it.
    case promised(Durability)
    /// The target is not of our kind.
    case stock
    /// The target is a dvm-target whose version does not report it.
    case older
    /// The target was not asked, because of `--check none`.
    case notAsked

    /// For the user, and for the summary of a volume.
    var text: String {
        switch self {
        case .promised(let durability): durability.rawValue
        case .stock: "unknown (stock target)"
        case .older: "unknown (older dvm-target)"
        case .notAsked: "not queried (--check none)"
        }
    }
}
