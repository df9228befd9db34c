import Glibc
package import LinuxSystem

/// A program that was started as a child process, with standard input and output given by the caller.
package struct ChildProgram: Sendable {
    /// How a process ended.
    package enum Ending: Equatable, Sendable {
        /// It exited with a code.
        case exited(Int32)
        /// A signal ended it.
        case killed(signal: Int32)
    }

    /// Signals whose actions are set back to the default; others that are ignored here stay so there.
    package enum DefaultedSignals: Sendable {
        case brokenPipe
        case all
    }

    /// Where a program is found.
    package enum Program: Sendable {
        /// At a path.
        case path([UInt8])
        /// By a name that is looked for in PATH.
        case name([UInt8])
    }

    private let number: pid_t

    /// Starts a program; no signal is blocked in it.
    ///
    /// - Parameters:
    ///   - program: Where it is found.
    ///   - arguments: Its arguments, its own name first.
    ///   - environment: Lines of `NAME=VALUE`.
    ///   - input: What becomes its standard input.
    ///   - output: What becomes its standard output; standard error is ours.
    ///   - defaulted: Which signals get their default actions.
    ///   - beginsSession: Whether it gets a session of its own (setsid(2)), which signals to our group and the end of our
    ///     terminal do not reach.
    /// - Throws: `SystemError` of posix_spawn(3).
    package init(
        _ program: Program,
        _ arguments: [[UInt8]],
        environment: [[UInt8]],
        input: Int32,
        output: Int32,
        defaulted: DefaultedSignals,
        beginsSession: Bool = false
    ) throws(SystemError) {
        let (bytes, isLookedFor) =
            switch program {
            case .path(let path): (path, false)
            case .name(let name): (name, true)
            }
        let defaults: SignalSet =
            switch defaulted {
            case .brokenPipe: SignalSet([SIGPIPE])
            case .all: .all
            }
        var process: pid_t = 0
        let answer = spawn(
            &process,
            bytes,
            isLookedFor: isLookedFor,
            arguments,
            environment: environment,
            input: input,
            output: output,
            defaults: defaults,
            beginsSession: beginsSession
        )
        guard answer == 0 else { throw SystemError(operation: "posix_spawn", number: answer) }
        number = process
    }

    /// Waits for the end.
    ///
    /// - Returns: How it ended; nil when someone else has waited for it.
    package func wait() -> Ending? {
        var status: Int32 = 0
        while waitForEnd(of: number, &status) < 0 {
            guard errno == EINTR else { return nil }
        }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }
}
