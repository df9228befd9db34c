import Glibc

/// Limits a writer's rate (protocol specification, transfer 17, `--bwlimit`).
struct BandwidthLimit {
    private let bytesPerSecond: Double
    private var debt: Double = 0
    private var last = ContinuousClock.now

    /// - Parameter kibibytesPerSecond: At least 1.
    init(kibibytesPerSecond: Int64) {
        bytesPerSecond = Double(max(1, kibibytesPerSecond)) * 1024
    }

    /// The most bytes to write at once: an eighth of a second's worth, at least 512.
    var pieceLength: Int { max(512, Int(bytesPerSecond / 8)) }

    /// Accounts for written bytes, and sleeps when the writer is more than a tenth of a second ahead.
    mutating func wrote(_ count: Int) {
        let now = ContinuousClock.now
        debt = max(0, debt - Self.seconds(now - last) * bytesPerSecond) + Double(count)
        last = now
        let owed = debt / bytesPerSecond
        guard owed >= 0.1 else { return }
        usleep(UInt32(min(owed, 1) * 1e6))
        let woken = ContinuousClock.now
        debt -= Self.seconds(woken - now) * bytesPerSecond
        last = woken
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (whole, attoseconds) = duration.components
        return Double(whole) + Double(attoseconds) * 1e-18
    }
}
