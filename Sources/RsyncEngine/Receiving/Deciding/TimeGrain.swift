import VolumeAccess

/// What a destination's file system keeps of a modification time.
struct TimeGrain: Sendable {
    /// The step in nanoseconds; 1 when all is kept, or nothing was found out.
    private var step: Int64
    /// The file system it was found out on; what is mounted below is compared exactly.
    private var device: UInt64

    /// Keeps all.
    init() {
        step = 1
        device = 0
    }

    /// Keeps multiples of a number of nanoseconds on a file system.
    init(step: Int64, on device: UInt64) {
        self.step = step
        self.device = device
    }

    /// Finds out about a destination; what cannot be found out is compared exactly, which costs a transfer at worst.
    init(of volume: Volume, mayMakeNames: Bool) {
        self.init()
        guard let grain = volume.timeGrain(mayMakeNames: mayMakeNames), let root = try? volume.root.status() else {
            return
        }
        (step, device) = (grain, root.device)
    }

    /// What would be kept of a time at the place of `current`.
    func cut(_ time: Timestamp, on current: FileStatus) -> Timestamp {
        current.device == device ? time.cut(to: step) : time
    }
}
