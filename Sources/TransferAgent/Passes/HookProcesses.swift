import LinuxSystem
import ProcessSupport

/// The processes that run the commands before and after passes, for all passes of an agent.
package struct HookProcesses: Sendable {
    /// What a process is for: the same command before and after a pass has two, and one for each that it is told of the job.
    private struct Purpose: Hashable {
        let moment: HookRunner.Moment
        let command: String
        let variables: [String]
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
                for purpose in Self.purposes(job) where processes[purpose] == nil {
                    let environment = Self.environment(with: purpose.variables)
                    processes[purpose] = try HookProcess(purpose.command, environment: environment)
                }
            }
        } catch {
            throw AgentError(.noResources, "the shell of a command cannot be started: \(error)", exitCode: 14)
        }
        self.processes = processes
    }

    private static func purposes(_ job: SourceJob) -> [Purpose] {
        let variables = variables(job)
        return job.hooks.before.map { Purpose(moment: .before, command: $0, variables: variables) }
            + job.hooks.after.map { Purpose(moment: .after, command: $0, variables: variables) }
    }

    /// What a command wants to know of the job: lines of `NAME=VALUE`.
    private static func variables(_ job: SourceJob) -> [String] {
        ["DVM_VOLUME=" + job.volumes.map(\.name).joined(separator: " ")]
            + [job.hooks.planName.map { "migplan_name=\($0)" }].compactMap(\.self)
            + [job.hooks.namespaces.map { "migration_namespaces=\($0)" }].compactMap(\.self)
    }

    /// Our own environment, and some variables.
    private static func environment(with variables: [String]) -> [[UInt8]] {
        let names = variables.map { Array($0.utf8.prefix { $0 != UInt8(ascii: "=") }) + [UInt8(ascii: "=")] }
        let inherited = ProcessInputs.environmentLines.filter { line in !names.contains { line.starts(with: $0) } }
        return inherited + variables.map { Array($0.utf8) }
    }

    /// The process of a command of the job.
    func process(of command: String, _ moment: HookRunner.Moment, in job: SourceJob) -> HookProcess {
        let purpose = Purpose(moment: moment, command: command, variables: Self.variables(job))
        guard let process = processes[purpose] else { preconditionFailure("no process for \(command)") }
        return process
    }

    /// All processes of the job.
    ///
    /// - Returns: Each with its moment and its command.
    func all(of job: SourceJob) -> [(moment: HookRunner.Moment, command: String, process: HookProcess)] {
        Self.purposes(job).map { ($0.moment, $0.command, process(of: $0.command, $0.moment, in: job)) }
    }
}
