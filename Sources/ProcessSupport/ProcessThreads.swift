import LinuxSystem

/// The threads of this process.
enum ProcessThreads {
    /// How many there are.
    static func count() throws(SystemError) -> Int {
        let status = try DescriptorStatus(ofPath: "/proc/self/task")
        // Each is a directory, which has a link to the one above; two more are its own.
        return status.linkCount - 2
    }
}
