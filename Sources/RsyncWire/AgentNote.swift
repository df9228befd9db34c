/// What a dvm-target reports to a dvm-source between data frames, if the source has requested it with `--dvm-notes`.
///
/// The payload of ``MessageTag/agentNote`` is a line of text; a source skips notes that it does not know.
package enum AgentNote: Equatable, Sendable {
    /// The target starts flushing what it has written to its device: `sync begin`.
    case synchronizing
    /// Everything is on the device, with the time that took: `sync end MILLISECONDS`.
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

    /// Parses a payload; nil if it is unknown or malformed.
    package init?(_ payload: [UInt8]) {
        let words = String(decoding: payload.prefix(64), as: UTF8.self).split(separator: " ")
        switch words.prefix(2) {
        case ["sync", "begin"] where words.count == 2: self = .synchronizing
        case ["sync", "end"]:
            // At most a year, so that a peer's number cannot overflow.
            guard words.count == 3, let time = Int64(words[2]), (0...31_536_000_000).contains(time) else { return nil }
            self = .synchronized(.milliseconds(time))
        default: return nil
        }
    }
}
