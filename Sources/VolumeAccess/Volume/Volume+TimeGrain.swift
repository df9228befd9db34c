import Glibc
import Synchronization

extension Volume {
    /// The resolution of the file system's modification times, in nanoseconds, determined once by experiment.
    ///
    /// - Parameter mayMakeNames: Whether a hidden directory may be created briefly, as in ``probe()``, if the file
    ///   system does not support unnamed files.
    /// - Returns: Nil if it could not be determined, as on a volume that cannot be written to.
    package func timeGrain(mayMakeNames: Bool) -> Int64? {
        let known = knownTimeGrain.load(ordering: .relaxed)
        if known > 0 { return known }
        if let file = ProbeFile(withoutNameIn: root) {
            guard let grain = file.timeGrain() else { return nil }
            knownTimeGrain.store(grain, ordering: .relaxed)
            return grain
        }
        return mayMakeNames ? probe().timeGrain : nil
    }
}

extension Timestamp {
    /// The latest time that is a multiple of `step` nanoseconds and not later.
    package func cut(to step: Int64) -> Timestamp {
        let billion: Int64 = 1_000_000_000
        guard step > 1 else { return self }
        guard step > billion else {
            return Timestamp(seconds: seconds, nanoseconds: nanoseconds - nanoseconds % Int32(step))
        }
        let unit = step / billion
        let rest = (seconds % unit + unit) % unit
        let (cut, isOut) = seconds.subtractingReportingOverflow(rest)
        return isOut ? self : Timestamp(seconds: cut)
    }
}
