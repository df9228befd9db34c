import Glibc
import LinuxSystem
import RsyncCommand
import RsyncEngine
import RsyncOptions
import Transport

/// Serves the client of a remote shell on standard input and output.
enum ServerRunner {
    /// Runs a session.
    ///
    /// - Parameters:
    ///   - arguments: From `--server` on.
    ///   - environment: The process's environment.
    /// - Returns: The exit code.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` when there is no standard input or output.
    static func serve(_ arguments: [[UInt8]], environment: [String: String]) throws(CommandError) -> Int32 {
        let output = ConsoleOutput()
        let interruption = try Interruption(output: output, role: "server")
        let stream = try standardStreams()
        interruption.cut(stream)
        let preferences = TransferOptions.Preferences(environment: environment, forServer: true)
        let printer = MessagePrinter(output: output)
        var session = ServerSession(observer: printer, preferences: preferences)
        session.printsOwnMessages = true
        let result = session.run(arguments: arguments, over: stream) { printer.openLog($0) }
        if result.failure == nil { printer.finish(result.statistics) }
        if let ended = interruption.code { return ended }
        if let failure = result.failure, !printer.hasToldEnd {
            if case .peerExit = failure { return result.exitCode }
            output.error(failure.line)
            output.error(ExitText.line(code: result.exitCode, role: "server"))
        }
        return result.exitCode
    }

    /// Standard input and output as a stream.
    static func standardStreams() throws(CommandError) -> PipeStream {
        do throws(SystemError) {
            let stream = try PipeStream.standardInputOutput(peerDescription: "the client")
            // The stream closes its duplicate; this one would keep a pipe open.
            Glibc.close(1)
            _ = openFile("/dev/null", O_WRONLY)
            return stream
        } catch {
            throw .failed("standard input and output cannot be used: \(error)", exitCode: 14)
        }
    }
}
