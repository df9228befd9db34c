import LinuxSystem

/// How much longer than its list said a file may become: it grew while it was read, as a log does, or the sender cheats.
///
/// Room for the listed length has been seen to by whoever asked; what comes beyond is checked here, whether it is literal data
/// or blocks of a basis.
///
/// - Up to ``floor`` beyond the listed length everything is taken.
/// - Further on each byte that came over the wire for this file may have produced ``perReceivedByte`` bytes beyond that length: more
///   than logs compress to, far less than zstd's 32,768 for zeros, or than a token makes of a basis.
/// - And the file system keeps ``reserve(of:)`` free.
struct FileGrowth {
    /// Bytes beyond the listed length that are always taken.
    static let floor: Int64 = 64 << 20
    /// Bytes beyond the listed length that a byte of the wire may produce.
    static let perReceivedByte: Int64 = 1024
    /// Between two looks at the free space, in bytes.
    private static let step: Int64 = 1 << 20

    /// Why no more is taken.
    enum Refusal: Equatable {
        /// So few bytes came over the wire.
        case inflated(received: Int64)
        /// So few bytes are free, of which so many are kept.
        case reserve(Int64, free: Int64)
    }

    private let listed: Int64
    private let start: Int64
    /// From which length on there is something to check.
    private(set) var due: Int64

    /// - Parameters:
    ///   - listed: The file's length in the list, 0 or more.
    ///   - received: Bytes of the wire that were taken before the file.
    init(listed: Int64, received: Int64) {
        self.listed = listed
        start = received
        due = listed.addingClamped(Self.step)
    }

    /// What stays free of a file system: a sixteenth, at most 1 GiB.
    static func reserve(of total: Int64) -> Int64 { min(total / 16, 1 << 30) }

    /// Checks a length that ``due`` has come for.
    ///
    /// - Parameters:
    ///   - length: The file's length so far.
    ///   - received: Bytes of the wire that were taken so far.
    ///   - space: The file system's size and free bytes; nil when they cannot be told.
    /// - Returns: Why the file is not taken; nil when it may go on.
    mutating func check(
        _ length: Int64,
        received: Int64,
        space: () -> (total: Int64, free: Int64)?
    ) -> Refusal? {
        due = length.addingClamped(Self.step)
        let beyond = length - listed
        let ownReceived = received - start
        if beyond - Self.floor > ownReceived.multipliedClamped(by: Self.perReceivedByte) {
            return .inflated(received: ownReceived)
        }
        guard let (total, free) = space(), free < Self.reserve(of: total) else { return nil }
        return .reserve(Self.reserve(of: total), free: free)
    }

    /// Stops checking.
    mutating func end() { due = .max }
}

extension FileGrowth.Refusal: CustomStringConvertible {
    /// The reason behind "not kept: ".
    var description: String {
        switch self {
        case .inflated(let received): "only \(received) bytes were received for it"
        case .reserve(let kept, let free): "\(free) bytes are free, and \(kept) are kept for what was listed"
        }
    }
}
