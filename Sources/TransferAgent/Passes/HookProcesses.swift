import LinuxSystem
import ProcessSupport

/// The processes that run the commands before and after passes, for all passes of an agent.
package struct HookProcesses: Sendable {
    /// What a process is for: the same command before and after a pass has two.
    private struct Purpose: Hashable {
        let moment: HookRunner.Moment
        let command: String
    }

    private let processes: [Purpose: HookProcess]

    /// Starts a process for each command, which waits; called before the process is confined.
    ///
    /// - Parameter jobs: One for each kind of pass that may be made: its hooks, and what they are told.
    /// - Throws: ``AgentError`` when a process cannot be started.
    package init(of jobs: SourceJob...) throws(AgentError) { try self.init(of: jobs) }

    /// Starts a process for each command of some jobs.
    package init(of jobs: [SourceJob]) throws(AgentError) {
        var processes: [Purpose: HookProcess] = [:]
        do throws(SystemError) {
            for job in jobs {
                let before = job.hooks.before.map { Purpose(moment: .before, command: $0) }
                let after = job.hooks.after.map { Purpose(moment: .after, command: $0) }
                for purpose in before + after where processes[purpose] == nil {
                    processes[purpose] = try HookProcess(purpose.command, environment: Self.environment(job))
                }
            }
        } catch {
            throw AgentError(.noResources, "the shell of a command cannot be started: \(error)", exitCode: 14)
        }
        self.processes = processes
    }

    /// Our own environment, and what a command wants to know of the job.
    private static func environment(_ job: SourceJob) -> [[UInt8]] {
        var variables = [("DVM_VOLUME", job.volumes.map(\.name).joined(separator: " "))]
        if let name = job.hooks.planName { variables.append(("migplan_name", name)) }
        if let names = job.hooks.namespaces { variables.append(("migration_namespaces", names)) }
        let inherited = ProcessInputs.environmentLines.filter { line in
            !variables.contains { line.starts(with: "\($0.0)=".utf8) }
        }
        return inherited + variables.map { Array("\($0)=\($1)".utf8) }
    }

    /// The process of a command of the job.
    func process(of command: String, _ moment: HookRunner.Moment) -> HookProcess {
        guard let process = processes[Purpose(moment: moment, command: command)] else {
            preconditionFailure("no process for \(command)")
        }
        return process
    }
}
