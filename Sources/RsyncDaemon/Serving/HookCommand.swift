import LinuxSystem
import ProcessSupport

/// A command of a module that a shell runs (rsyncd.conf(5), `early exec`, `pre-xfer exec`, `post-xfer exec`).
struct HookCommand: Sendable {
    /// The command cannot be run.
    enum Flaw: Error, Equatable, CustomStringConvertible {
        /// A variable's value would be read by the shell as more than a word.
        case metacharacter(String)
        case cannotRun(SystemError)

        var description: String {
            switch self {
            case .metacharacter(let name): "refusing to run shell hook: %\(name)% holds a shell metacharacter"
            case .cannotRun(let error): "\(error)"
            }
        }
    }

    /// How a command ended.
    struct Outcome: Equatable {
        /// As wait(2) reports it; 0 for success.
        let status: Int32
        /// The beginning of what it printed.
        let output: [UInt8]
    }

    /// What of a command's output is kept, in bytes.
    private static let outputLimit = 5000
    /// Characters that a shell may act on.
    private static let special = Set("'\"`$\\;&|<>()*?[]#!~{}".utf8)

    private let text: VariableText
    private let variables: SessionVariables

    /// Prepares a command; nil where there is none, or RSYNC_NO_XFER_EXEC turns commands off.
    init?(_ text: VariableText, _ variables: SessionVariables) {
        guard !text.isEmpty, environmentValue("RSYNC_NO_XFER_EXEC") == nil else { return nil }
        (self.text, self.variables) = (text, variables)
    }

    /// Runs the command and waits for its end.
    ///
    /// - Parameters:
    ///   - input: Its standard input; at most as long as a pipe holds (64 KiB).
    ///   - keepsOutput: Whether its output is wanted; otherwise it goes where the daemon's own goes.
    /// - Returns: How it ended, and what it printed.
    /// - Throws: ``Flaw``.
    func run(input: [UInt8] = [], keepsOutput: Bool = false) throws(Flaw) -> Outcome {
        let command = try text.expanded(variables.value) { (name, value) throws(Flaw) in
            guard !name.hasPrefix("RSYNC_") || value.allSatisfy(Self.isPlain) else { throw .metacharacter(name) }
            return value
        }
        do throws(SystemError) {
            return try run(command, input, keepsOutput: keepsOutput)
        } catch {
            throw .cannotRun(error)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte > 0x20 && byte != 0x7F && !special.contains(byte) }

    private func run(_ command: [UInt8], _ input: [UInt8], keepsOutput: Bool) throws(SystemError) -> Outcome {
        let shell = Array((environmentValue("RSYNC_SHELL") ?? "/bin/sh").utf8)
        let outcome = try ChildProgram.run(
            .name(shell),
            [shell, Array("-c".utf8), command],
            environment: variables.environment(of: ProcessInputs.environmentLines),
            input: input,
            outputLimit: keepsOutput ? Self.outputLimit : nil
        )
        switch outcome.ending {
        case .exited(let code): return Outcome(status: code << 8, output: outcome.output)
        case .killed(let signal): return Outcome(status: signal, output: outcome.output)
        case nil: return Outcome(status: -1, output: outcome.output)
        }
    }
}
