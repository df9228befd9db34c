import ProcessSupport

/// The groups that a job or a target asks for (`--supplemental-groups`).
package enum GroupMembership {
    /// Joins groups as far as this process may; to be called before the process is confined.
    ///
    /// - Parameter groups: Numbers of groups.
    /// - Returns: Warnings, one line each.
    package static func join(_ groups: [Int]) -> [String] {
        let missing = SupplementalGroups.join(groups.map { UInt32(clamping: $0) })
        guard !missing.isEmpty else { return [] }
        let list = missing.map { "\($0)" }.joined(separator: ", ")
        return [
            "this process is not in group \(list) and may not join it: what only that group may use is not accessible; "
                + "add it to supplementalGroups in the pod's securityContext"
        ]
    }
}
