/// What our own target tells our own source between the frames, once the source has asked for it with `--dvm-notes`.
///
/// The payload of ``MessageTag/agentNote`` is a line of text; what a source does not know it skips.
package enum AgentNote: Equatable, Sendable {
    /// The target begins to bring what it has written to its device: `sync begin`.
    case synchronizing
    /// Everything is on the device, after so long: `sync end MILLISECONDS`.
    case synchronized(Duration)

    /// The payload.
    package var encoded: [UInt8] {
        switch self {
        case .synchronizing: return Array("sync begin".utf8)
        case .synchronized(let time):
            let (seconds, attoseconds) = time.components
            return Array("sync end \(seconds * 1000 + attoseconds / 1_000_000_000_000_000)".utf8)
        }
    }

    /// Reads a payload; nil for a word that is not known, or makes no sense.
    package init?(_ payload: [UInt8]) {
        let words = String(decoding: payload.prefix(64), as: UTF8.self).split(separator: " ")
        switch words.prefix(2) {
        case ["sync", "begin"] where words.count == 2: self = .synchronizing
        case ["sync", "end"]:
            // A year at most: no figure of a peer may overflow.
            guard words.count == 3, let time = Int64(words[2]), (0...31_536_000_000).contains(time) else { return nil }
            self = .synchronized(.milliseconds(time))
        default: return nil
        }
    }
}
