import LinuxSystem
import ProcessSupport
import SecureTunnel
import Transport

/// A program that a service runs (`exec`): its standard input and output are a socket.
///
/// ## Concurrency model
/// A thread waits for the program's end, so that no zombie remains.
struct RelayProgramEnd {
    /// Our end of the socket.
    let stream: SocketStream

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - path: The program.
    ///   - arguments: Its own name first; empty for only the path.
    ///   - remoteAddress: The client's address, for its environment (`REMOTE_HOST`, `REMOTE_PORT`).
    ///   - log: Gets a line about how it ended.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    init(
        path: String,
        arguments: [String],
        remoteAddress: HostPort?,
        log: RelayLogger
    ) throws(SecureTunnelError) {
        do throws(SystemError) {
            let sockets = try SocketPair()
            let process = try ChildProgram(
                .path(Array(path.utf8)),
                (arguments.isEmpty ? [path] : arguments).map { Array($0.utf8) },
                environment: Self.environment(of: remoteAddress),
                input: sockets.second.rawValue,
                output: sockets.second.rawValue,
                defaulted: .all
            )
            stream = try SocketStream(sockets.first.duplicate(), peerDescription: path)
            _ = try WorkerThread(name: "dvm-child") {
                switch process.wait() {
                case .exited(let code): log(.info, "\(path) ended with status \(code)")
                case .killed(let signal): log(.info, "\(path) ended with signal \(signal)")
                case nil: break
                }
            }
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    /// Our environment, and the client's address.
    private static func environment(of remote: HostPort?) -> [[UInt8]] {
        let names = ["REMOTE_HOST=", "REMOTE_PORT="].map { Array($0.utf8) }
        let own = remote.map { ["REMOTE_HOST=\($0.host)", "REMOTE_PORT=\($0.port)"] } ?? []
        let inherited = ProcessInputs.environmentLines.filter { line in !names.contains { line.starts(with: $0) } }
        return inherited + own.map { Array($0.utf8) }
    }
}
