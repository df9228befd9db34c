import ProcessSupport

/// Variables with settings of a target, which has no jobs.
package enum AgentVariable {
    /// A variable's value; nil for one that is not set or empty, as templates of pods leave it.
    ///
    /// - Parameter name: Such as `DVM_RUN_AS`.
    package static func value(_ name: String) -> String? {
        ProcessInputs.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
