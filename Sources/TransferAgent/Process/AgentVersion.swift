import RsyncEngine

/// The version of the agents.
package enum AgentVersion {
    /// What `--version` prints.
    ///
    /// - Parameter program: The program's name.
    /// - Returns: Such as `dvm-source 0.1.0`.
    package static func text(_ program: String) -> String { "\(program) \(ExitText.version)" }
}
