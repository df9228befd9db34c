import Glibc
package import LinuxSystem

extension ChildProgram {
    /// How a program ended, and the beginning of what it printed.
    package struct Outcome: Equatable, Sendable {
        /// How it ended; nil when someone else has waited for it.
        package let ending: Ending?
        /// Empty when it was not kept.
        package let output: [UInt8]
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - program: Where it is found.
    ///   - arguments: Its arguments, its own name first.
    ///   - environment: Lines of `NAME=VALUE`.
    ///   - input: Its standard input; more than a pipe holds is cut off.
    ///   - outputLimit: How many bytes of its standard output are kept; nil leaves it our own.
    /// - Returns: How it ended, and what it printed.
    /// - Throws: `SystemError` when it cannot be started.
    package static func run(
        _ program: Program,
        _ arguments: [[UInt8]],
        environment: [[UInt8]],
        input: [UInt8],
        outputLimit: Int?
    ) throws(SystemError) -> Outcome {
        let given = try Pipe()
        let number = given.writing.rawValue
        // Nobody may ever read it.
        try systemCall("fcntl") { fcntl(number, F_SETFL, O_NONBLOCK) }
        if !input.isEmpty { _ = writeBytes(number, input.span) }
        let standardInput = given.takeReading()
        guard let outputLimit else {
            let child = try ChildProgram(
                program,
                arguments,
                environment: environment,
                input: standardInput.rawValue,
                output: 1,
                defaulted: .all
            )
            return Outcome(ending: child.wait(), output: [])
        }
        let printed = try Pipe()
        let child = try ChildProgram(
            program,
            arguments,
            environment: environment,
            input: standardInput.rawValue,
            output: printed.writing.rawValue,
            defaulted: .all
        )
        let output = contents(of: printed.takeReading(), limit: outputLimit)
        return Outcome(ending: child.wait(), output: output)
    }

    /// Reads to the end, and keeps the beginning.
    private static func contents(of pipe: consuming Descriptor, limit: Int) -> [UInt8] {
        let number = pipe.rawValue
        var (kept, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while true {
            var span = buffer.mutableSpan
            let count = readBytes(number, into: &span)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return kept }
            kept += buffer[..<min(count, max(0, limit - kept.count))]
        }
    }
}
