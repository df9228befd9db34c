/// A condition in the status of a migration plan (MTC contract 7.4).
public struct PlanCondition: Hashable, Sendable {
    /// Its name.
    public let type: String
    /// `True` or `False`.
    public let status: String
    /// How grave it is.
    public let category: String
    /// One word.
    public let reason: String
    /// A sentence that names the volumes.
    public let message: String

    /// `PvCapacityAdjustmentRequired`.
    ///
    /// Its status reads "is still required": `False` with the reason `Done` when the controller resizes by itself, `True` with
    /// `NotDone` when it was told not to.
    ///
    /// - Parameters:
    ///   - volumes: The names of the volumes.
    ///   - isAutomatic: Whether the controller resizes by itself.
    /// - Returns: The condition.
    public static func capacityAdjustment(volumes: [String], isAutomatic: Bool) -> PlanCondition {
        let names = "[" + volumes.joined(separator: " ") + "]"
        let message =
            isAutomatic
            ? "Capacity of the following volumes will be automatically adjusted to avoid disk capacity issues in the "
                + "target cluster: \(names)"
            : "Copying the following volumes may fail for lack of disk capacity in the target cluster: \(names)"
        return PlanCondition(
            type: "PvCapacityAdjustmentRequired",
            status: isAutomatic ? "False" : "True",
            category: "Warn",
            reason: isAutomatic ? "Done" : "NotDone",
            message: message
        )
    }

    /// The text for people.
    public var text: String { "\(type)=\(status) (\(category), \(reason)): \(message)" }
}
