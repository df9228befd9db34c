import LinuxSystem

/// How far a file may exceed its listed length: it grew while it was read, as a log does, or the sender is malicious.
///
/// The requester has checked that there is space for the listed length; what exceeds it is checked here, be it literal
/// data or blocks of a basis.
///
/// - Up to ``floor`` bytes beyond the listed length, everything is accepted.
/// - After that, each byte received over the wire for this file may produce ``perReceivedByte`` bytes beyond that
///   length: more than logs expand to, far less than zstd's 32,768 for zeros, or than a token yields from a basis.
/// - In addition, ``reserve(of:)`` of the file system stays free.
struct FileGrowth {
    /// Bytes beyond the listed length that are always accepted.
    static let floor: Int64 = 64 << 20
    /// Bytes beyond the listed length that a received byte may produce.
    static let perReceivedByte: Int64 = 1024
    /// The interval between checks of the free space, in bytes.
    private static let step: Int64 = 1 << 20

    /// Why no more is accepted.
    enum Refusal: Equatable {
        /// Too few bytes were received over the wire.
        case inflated(received: Int64)
        /// Too few bytes are free, of which this many are reserved.
        case reserve(Int64, free: Int64)
    }

    private let listed: Int64
    private let start: Int64
    /// The length at which the next check is due.
    private(set) var due: Int64

    /// - Parameters:
    ///   - listed: The file's length in the list, 0 or more.
    ///   - received: Bytes received over the wire before the file.
    init(listed: Int64, received: Int64) {
        self.listed = listed
        start = received
        due = listed.addingClamped(Self.step)
    }

    /// The part of a file system that stays free: a sixteenth, at most 1 GiB.
    static func reserve(of total: Int64) -> Int64 { min(total / 16, 1 << 30) }

    /// Checks a length that has reached ``due``.
    ///
    /// - Parameters:
    ///   - length: The file's length so far.
    ///   - received: Bytes received over the wire so far.
    ///   - space: The file system's size and free bytes; nil if they cannot be determined.
    /// - Returns: Why the file is rejected; nil if it may continue.
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
    /// The reason after "not kept: ".
    var description: String {
        switch self {
        case .inflated(let received): "only \(received) bytes were received for it"
        case .reserve(let kept, let free): "\(free) bytes are free, and \(kept) are kept for what was listed"
        }
    }
}
