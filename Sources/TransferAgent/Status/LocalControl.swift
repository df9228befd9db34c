package import AgentControl
import Glibc
import LinuxSystem
import RsyncEngine

/// How an agent is reached by the commands of an exec.
package enum LocalControl {
    /// Listens on the agent's socket and answers requests.
    ///
    /// - Parameters:
    ///   - name: The value of `--control`; nil for `@PROGRAM` in process 1 of a container, and no socket elsewhere.
    ///   - program: The agent's name.
    ///   - handler: Answers requests.
    /// - Returns: The server, not started yet; nil without a socket, and when the usual name is taken.
    /// - Throws: ``AgentError`` when it cannot listen at `name`.
    package static func listen(
        _ name: String?,
        for program: String,
        _ handler: @escaping LocalServer.Handler
    ) throws(AgentError) -> LocalServer? {
        guard let wanted = name ?? (getpid() == 1 ? "@" + program : nil) else { return nil }
        do throws(ControlError) {
            return try LocalServer(wanted, handler)
        } catch {
            // Nobody asked for the usual name, which another container may have taken.
            guard name != nil else { return nil }
            throw AgentError(.cannotListen, "--control: \(error)", exitCode: 10)
        }
    }

    /// Asks an agent.
    ///
    /// - Parameters:
    ///   - request: The request's name.
    ///   - name: The value of `--control`; nil for `@PROGRAM`.
    ///   - program: The agent's name.
    /// - Returns: The answer.
    /// - Throws: ``AgentError``.
    package static func ask(_ request: String, at name: String?, of program: String) throws(AgentError) -> AgentStatus {
        let name = name ?? "@" + program
        do throws(ControlError) {
            return AgentStatus(try LocalClient.ask(request, at: name))
        } catch {
            guard case .transport = error else { throw AgentError(error) }
            throw AgentError(.connectionRefused, "no \(program) answers at \(name): \(error)", exitCode: 10)
        }
    }

    /// The first members of every status.
    static func members(_ program: String, _ state: String, since start: ContinuousClock.Instant)
        -> [(String, JSONValue)]
    {
        [
            ("schema", .text("\(program)-status/1")), ("program", .text(program)), ("version", .text(ExitText.version)),
            ("process", .integer(Int64(getpid()))), ("state", .text(state)),
            ("elapsedSeconds", .decimal((ContinuousClock.now - start).inSeconds)),
        ]
    }
}

extension LocalServer {
    /// Starts to answer, once the process is confined.
    package func begin() throws(AgentError) {
        do throws(SystemError) {
            try start()
        } catch {
            throw AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
        }
    }
}
