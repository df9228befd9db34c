/// What the resize rule says of one volume.
package struct ResizeDecision: Hashable, Sendable {
    /// Why a size is proposed.
    package enum Reason: String, Sendable {
        /// The requested size is enough.
        case noOperation = "no-op"
        /// The volume is larger than what was requested.
        case mismatch
        /// The volume is so full that it needs more.
        case usageExceeded = "usage-exceeded"

        /// The sentence for people.
        package var comment: String {
            switch self {
            case .noOperation: "no change is needed"
            case .mismatch: "the requested size differs from the actual one; the larger one is proposed"
            case .usageExceeded: "usage is close to 100 %; space is added"
            }
        }
    }

    /// The size to request, in the format of the quantity it comes from.
    package let proposed: Quantity
    /// The same in bytes.
    package let bytes: Int64
    /// Why.
    package let reason: Reason

    /// The condition of the plan; nil when nothing has to change.
    ///
    /// - Parameters:
    ///   - volume: The volume's name.
    ///   - isAutomatic: Whether the controller resizes by itself.
    /// - Returns: The condition.
    package func condition(volume: String, isAutomatic: Bool = true) -> PlanCondition? {
        guard reason != .noOperation else { return nil }
        return .capacityAdjustment(volumes: [volume], isAutomatic: isAutomatic)
    }
}
