import VolumeAccess

/// The resolution of modification times on a destination's file system.
struct TimeGrain: Sendable {
    /// The resolution in nanoseconds; 1 when times are stored exactly, or it could not be determined.
    private var step: Int64
    /// The file system it applies to; what is mounted below is compared exactly.
    private var device: UInt64

    /// Times are stored exactly.
    init() {
        step = 1
        device = 0
    }

    /// A file system stores multiples of a number of nanoseconds.
    init(step: Int64, on device: UInt64) {
        self.step = step
        self.device = device
    }

    /// Determines a destination's resolution; if that fails, times are compared exactly, which costs a transfer at
    /// worst.
    init(of volume: Volume, mayMakeNames: Bool) {
        self.init()
        guard let grain = volume.timeGrain(mayMakeNames: mayMakeNames), let root = try? volume.root.status() else {
            return
        }
        (step, device) = (grain, root.device)
    }

    /// The time as the file system of `current` would store it.
    func cut(_ time: Timestamp, on current: FileStatus) -> Timestamp {
        current.device == device ? time.cut(to: step) : time
    }
}
