import Glibc
import LinuxSystem

/// Limits a writer's rate (protocol specification, transfer 17, `--bwlimit`).
package struct BandwidthLimit {
    /// The rate; 0 for no limit.
    package private(set) var kibibytesPerSecond: Int64 = 0
    private var debt: Double = 0
    private var last = ContinuousClock.now

    /// No limit.
    package init() {}

    private var bytesPerSecond: Double { Double(kibibytesPerSecond) * 1024 }

    /// The most bytes to write at once: an eighth of a second's worth, at least 512.
    package var pieceLength: Int { kibibytesPerSecond > 0 ? max(512, Int(min(bytesPerSecond / 8, 1e15))) : Int.max }

    /// Changes the rate; what was written before is forgotten.
    ///
    /// - Parameter kibibytesPerSecond: 0 for no limit.
    package mutating func change(to kibibytesPerSecond: Int64) {
        guard kibibytesPerSecond != self.kibibytesPerSecond else { return }
        self.kibibytesPerSecond = kibibytesPerSecond
        debt = 0
        last = .now
    }

    /// Accounts for written bytes, and sleeps when the writer is more than a tenth of a second ahead.
    package mutating func wrote(_ count: Int) {
        guard kibibytesPerSecond > 0 else { return }
        let now = ContinuousClock.now
        debt = max(0, debt - (now - last).inSeconds * bytesPerSecond) + Double(count)
        last = now
        let owed = debt / bytesPerSecond
        guard owed >= 0.1 else { return }
        usleep(UInt32(min(owed, 1) * 1e6))
        let woken = ContinuousClock.now
        debt -= (woken - now).inSeconds * bytesPerSecond
        last = woken
    }
}
