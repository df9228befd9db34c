import LinuxSystem
import ProcessSupport
import RsyncCommand
import Transport

/// A remote shell as a child process, with a stream over its standard input and output.
struct RemoteShell {
    /// Talks with the server that the shell starts.
    let stream: PipeStream
    private let process: ChildProgram

    /// Starts the shell; its standard error is ours.
    ///
    /// - Parameters:
    ///   - arguments: Program and arguments; the program is looked for in PATH.
    ///   - path: The program's path, if it is not looked for.
    ///   - port: A daemon's port for the shell's environment (`RSYNC_PORT`, rsync(1)); nil for a server.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 14 when no process could be started.
    init(_ arguments: [[UInt8]], at path: [UInt8]? = nil, port: UInt16? = nil) throws(CommandError) {
        var environment = ProcessInputs.environmentLines
        if let port {
            environment.removeAll { $0.starts(with: Array("RSYNC_PORT=".utf8)) }
            environment.append(Array("RSYNC_PORT=\(port)".utf8))
        }
        do throws(SystemError) {
            let toChild = try Pipe()
            let fromChild = try Pipe()
            process = try ChildProgram(
                path.map { .path($0) } ?? .name(arguments.first ?? []),
                arguments,
                environment: environment,
                input: toChild.reading.rawValue,
                output: fromChild.writing.rawValue,
                defaulted: .brokenPipe
            )
            stream = try PipeStream(
                reading: fromChild.reading.duplicate(),
                writing: toChild.writing.duplicate(),
                peerDescription: "the remote shell"
            )
        } catch {
            let program = String(decoding: arguments.first ?? [], as: UTF8.self)
            throw .failed("rsync: [sender] Failed to exec \(program): \(error.reason) (\(error.number))", exitCode: 14)
        }
    }

    /// Waits for the shell's end.
    ///
    /// - Returns: How it ended; nil when waiting failed.
    @discardableResult
    func wait() -> ChildProgram.Ending? {
        stream.close()
        return process.wait()
    }
}
