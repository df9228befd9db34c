package import VolumeAccess

extension DiskUsage {
    /// The usage of a volume that is mounted here, as df(1) would tell it.
    ///
    /// - Parameter space: What statvfs(3) says.
    package init(_ space: VolumeSpace) {
        self.init(
            size: Quantity(bytes: space.size),
            used: Quantity(bytes: space.used),
            usagePercent: space.usagePercent
        )
    }
}
