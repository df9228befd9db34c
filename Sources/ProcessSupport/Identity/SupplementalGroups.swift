import Glibc
import LinuxSystem

/// The groups of this process besides its user's own.
package enum SupplementalGroups {
    /// Adds groups, for all threads.
    ///
    /// - Parameter groups: Numbers of groups.
    /// - Returns: Those that this process is not in afterwards, as it may not join them.
    package static func join(_ groups: [UInt32]) -> [UInt32] {
        let own = current()
        let missing = groups.filter { !own.contains($0) }
        guard !missing.isEmpty else { return [] }
        return setGroups(own + missing) == 0 ? [] : missing
    }

    /// The groups that count when files are accessed.
    package static func current() -> [UInt32] {
        let groups = groupList()
        return groups.contains(getegid()) ? groups : [getegid()] + groups
    }
}
