/// A condition in the status of a migration plan (MTC contract 7.4).
package struct PlanCondition: Hashable, Sendable {
    /// Its name.
    package let type: String
    /// `True` or `False`.
    package let status: String
    /// How grave it is.
    package let category: String
    /// One word.
    package let reason: String
    /// A sentence that names the volumes.
    package let message: String
    /// Whether it stays while the plan is looked at again.
    package var isDurable = true

    /// `PvCapacityAdjustmentRequired`.
    ///
    /// Its status reads "is still required": `False` with the reason `Done` when the controller resizes by itself, `True` with
    /// `NotDone` when it was told not to.
    ///
    /// - Parameters:
    ///   - volumes: The names of the volumes.
    ///   - isAutomatic: Whether the controller resizes by itself.
    /// - Returns: The condition.
    package static func capacityAdjustment(volumes: [String], isAutomatic: Bool) -> PlanCondition {
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

    /// `PvUsageAnalysisFailed`: how full volumes are, or how large, is not known.
    ///
    /// - Parameter volumes: The names of the volumes.
    /// - Returns: The condition.
    package static func analysisFailed(volumes: [String]) -> PlanCondition {
        PlanCondition(
            type: "PvUsageAnalysisFailed",
            status: "True",
            category: "Warn",
            reason: "NotDone",
            message:
                "The sizes of the following volumes are not known, and are not adjusted; copying them may fail for lack of "
                + "disk capacity in the target cluster. Make sure that a running pod has them mounted: "
                + "[\(volumes.joined(separator: " "))]",
            isDurable: false
        )
    }

    /// The text for people.
    package var text: String { "\(type)=\(status) (\(category), \(reason)): \(message)" }
}
