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
    /// - Throws: `SystemError` of posix_spawn(3).
    package init(
        _ program: Program,
        _ arguments: [[UInt8]],
        environment: [[UInt8]],
        input: Int32,
        output: Int32,
        defaulted: DefaultedSignals
    ) throws(SystemError) {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        var none = sigset_t()
        var defaults = sigset_t()
        unsafe sigemptyset(&none)
        switch defaulted {
        case .brokenPipe:
            unsafe sigemptyset(&defaults)
            unsafe sigaddset(&defaults, SIGPIPE)
        case .all: unsafe sigfillset(&defaults)
        }
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = unsafe Self.vector(arguments)
        var variables = unsafe Self.vector(environment)
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let answer: Int32
        switch program {
        case .path(let path):
            answer = unsafe posix_spawn(&process, text(path), &actions, &attributes, &words, &variables)
        case .name(let name):
            answer = unsafe posix_spawnp(&process, text(name), &actions, &attributes, &words, &variables)
        }
        guard answer == 0 else { throw SystemError(operation: "posix_spawn", number: answer) }
        number = process
    }

    /// Waits for the end.
    ///
    /// - Returns: How it ended; nil when someone else has waited for it.
    package func wait() -> Ending? {
        var status: Int32 = 0
        while unsafe waitpid(number, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    /// Copies of the words on the heap, and a null pointer after them.
    private static func vector(_ words: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe words.map { word in unsafe strdup(text(word)) } + [nil]
    }
}

/// Bytes as C wants a text.
private func text(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
