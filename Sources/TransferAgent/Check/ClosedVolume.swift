import Glibc
import VolumeAccess
import VolumeCapacity

/// Why a volume is closed to this process, and what would open it.
enum ClosedVolume {
    /// Looks at a directory that could not be opened.
    ///
    /// - Parameters:
    ///   - path: Where it is mounted.
    ///   - error: Why it could not be opened.
    /// - Returns: As whom this process tried, and the remedy; nil if its owner, group and mode do not explain it.
    static func reason(_ path: String, _ error: VolumeError) -> String? {
        guard error.number == EACCES, let (status, fileSystem) = Volume.look(at: path) else { return nil }
        let user = VolumeUser(ofTop: status)
        guard !user.mayOpen || fileSystem == "nfs" else { return nil }
        return "this process is \(user.text); \(user.cure(fileSystem: fileSystem, isForWriting: false))"
    }
}
