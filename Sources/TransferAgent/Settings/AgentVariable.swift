import ProcessSupport

/// Variables with settings of a target, which has no jobs.
package enum AgentVariable {
    /// A variable's value.
    ///
    /// - Parameter name: Such as `DVM_RUN_AS`.
    /// - Returns: Nil for one that is not set or empty, as templates of pods leave it.
    package static func value(_ name: String) -> String? {
        ProcessInputs.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a variable is `true`, as in a job.
    ///
    /// - Parameter name: Such as `DVM_STRICT_SECRETS`.
    /// - Returns: False for one that is not set or empty, too.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting`` for a word other than `true` and `false`.
    package static func flag(_ name: String) throws(AgentError) -> Bool {
        guard let text = value(name) else { return false }
        guard case .flag(let flag)? = SettingKind.flag.value(.scalar(text, isPlain: true)) else {
            throw AgentError(.badSetting, "\(name): \(text) is not \(SettingKind.flag.expectation)", exitCode: 1)
        }
        return flag
    }
}
