import Foundation
import LinuxSystem

/// A program that a test runs: its output is collected line by line, and it never outlives the value.
///
/// ## Concurrency model
/// `collected` has its own lock; one thread per process reads the pipe that standard output and standard error share,
/// and holds on to the collected output alone, so that this value can go while the program still runs.
package final class ChildProcess: @unchecked Sendable {
    /// What a test did not get in time from a program.
    package struct Failure: Error, CustomStringConvertible {
        /// What was awaited, of whom, and everything it printed.
        package let description: String
    }

    private let process = Process()
    private let collected = CollectedOutput()
    private let input = Pipe()
    private let name: String

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: The absolute path of the program.
    ///   - arguments: Without the program's name.
    ///   - directory: Where it runs; nil for here.
    /// - Throws: When the program cannot be started.
    package init(_ path: String, _ arguments: [String], in directory: String? = nil) throws {
        let output = Pipe()
        name = ([path] + arguments).joined(separator: " ")
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardOutput = output
        process.standardError = output
        process.standardInput = input
        try process.run()
        let collected = self.collected
        _ = try WorkerThread(name: "child-output") { collected.collect(output.fileHandleForReading) }
    }

    deinit { stop() }

    /// The number of the process, to end it in a special way.
    package var processIdentifier: Int32 { process.processIdentifier }

    /// Everything it printed so far, on both streams.
    package var output: String { collected.text }

    /// Writes to its standard input.
    package func send(_ text: String) { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Ends its standard input.
    package func closeInput() { try? input.fileHandleForWriting.close() }

    /// Waits until the output contains a text.
    package func waitForOutput(_ text: String, within seconds: Double = 20) throws {
        guard collected.wait(seconds, until: { $0.contains(text) }) else {
            throw Failure(description: "\"\(text)\" did not come from \(name), which printed:\n\(output)")
        }
    }

    /// Waits for its end.
    ///
    /// - Returns: The exit status; the signal's number, negated, if one ended it.
    @discardableResult
    package func waitForExit(within seconds: Double = 20) throws -> Int32 {
        _ = collected.wait(seconds, until: { _ in false })
        guard collected.isEnded else {
            throw Failure(description: "\(name) did not end; it printed:\n\(output)")
        }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    /// Ends it at once, if it still runs; in a `defer` it also keeps the value, and so the program, to the end.
    package func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs a program to its end.
    ///
    /// - Returns: Everything it printed.
    /// - Throws: ``Failure`` when it ends with another status than 0.
    @discardableResult
    package static func run(_ path: String, _ arguments: [String], in directory: String? = nil) throws -> String {
        let child = try ChildProcess(path, arguments, in: directory)
        child.closeInput()
        let status = try child.waitForExit(within: 60)
        guard status == 0 else {
            throw Failure(description: "\(child.name) ended with \(status) and printed:\n\(child.output)")
        }
        return child.output
    }
}

/// What a program printed so far.
private final class CollectedOutput: @unchecked Sendable {
    private let condition = NSCondition()
    private var bytes: [UInt8] = []
    private var isOver = false

    var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }
    var isEnded: Bool { condition.withLock { isOver } }

    /// Waits until the text satisfies a condition.
    ///
    /// - Returns: False when the output ended, or the time passed, before it did.
    func wait(_ seconds: Double, until isEnough: (String) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !isEnough(String(decoding: bytes, as: UTF8.self)) {
            guard !isOver, condition.wait(until: deadline) else { return false }
        }
        return true
    }

    func collect(_ handle: FileHandle) {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(handle.fileDescriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            condition.withLock {
                if count > 0 { bytes.append(contentsOf: buffer.prefix(count)) } else { isOver = true }
                condition.broadcast()
            }
            guard count > 0 else { return }
        }
    }
}
