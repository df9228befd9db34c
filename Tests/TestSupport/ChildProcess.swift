import Foundation

/// A program that a test runs: its output is collected line by line, and it never outlives the value.
///
/// ## Concurrency model
/// `condition` guards the collected output; one thread per process reads the pipe that standard output and standard
/// error share.
public final class ChildProcess: @unchecked Sendable {
    /// What a test did not get in time from a program.
    public struct Failure: Error, CustomStringConvertible {
        /// What was awaited, of whom, and everything it printed.
        public let description: String
    }

    private let process = Process()
    private let condition = NSCondition()
    private var collected: [UInt8] = []
    private var isOutputEnded = false
    private let input = Pipe()
    private let name: String

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: The absolute path of the program.
    ///   - arguments: Without the program's name.
    ///   - directory: Where it runs; nil for here.
    public init(_ path: String, _ arguments: [String], in directory: String? = nil) throws {
        let output = Pipe()
        name = ([path] + arguments).joined(separator: " ")
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardOutput = output
        process.standardError = output
        process.standardInput = input
        try process.run()
        Thread.detachNewThread { [self] in collect(output.fileHandleForReading) }
    }

    deinit { stop() }

    /// The number of the process, to end it in a special way.
    public var processIdentifier: Int32 { process.processIdentifier }

    /// Everything it printed so far, on both streams.
    public var output: String {
        condition.withLock { String(decoding: collected, as: UTF8.self) }
    }

    /// Writes to its standard input.
    public func send(_ text: String) { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Ends its standard input.
    public func closeInput() { try? input.fileHandleForWriting.close() }

    /// Waits until the output contains a text.
    public func waitForOutput(_ text: String, within seconds: Double = 20) throws {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !String(decoding: collected, as: UTF8.self).contains(text) {
            guard !isOutputEnded, condition.wait(until: deadline) else {
                throw Failure(
                    description: "\"\(text)\" did not come from \(name), which printed:\n"
                        + String(decoding: collected, as: UTF8.self)
                )
            }
        }
    }

    /// Waits for its end.
    ///
    /// - Returns: The exit status; the signal's number, negated, if one ended it.
    @discardableResult
    public func waitForExit(within seconds: Double = 20) throws -> Int32 {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        while !isOutputEnded {
            guard condition.wait(until: deadline) else {
                condition.unlock()
                throw Failure(description: "\(name) did not end; it printed:\n\(output)")
            }
        }
        condition.unlock()
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    /// Ends it at once, if it still runs.
    public func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private func collect(_ handle: FileHandle) {
        while let data = try? handle.read(upToCount: 64 * 1024), !data.isEmpty {
            condition.withLock {
                collected.append(contentsOf: data)
                condition.broadcast()
            }
        }
        condition.withLock {
            isOutputEnded = true
            condition.broadcast()
        }
    }

    /// Runs a program to its end.
    ///
    /// - Returns: Everything it printed.
    /// - Throws: ``Failure`` when it ends with another status than 0.
    @discardableResult
    public static func run(_ path: String, _ arguments: [String], in directory: String? = nil) throws -> String {
        let child = try ChildProcess(path, arguments, in: directory)
        child.closeInput()
        let status = try child.waitForExit(within: 60)
        guard status == 0 else {
            throw Failure(description: "\(child.name) ended with \(status) and printed:\n\(child.output)")
        }
        return child.output
    }
}
