package import AgentControl
import Glibc
import LinuxSystem
import RsyncEngine
import Transport

/// How an agent is reached by the commands of an exec.
package enum LocalControl {
    /// How long a command that follows a pass waits for a word of the agent, which says something each second.
    private static let patience = Duration.seconds(60)
    /// How long an agent that ends lets its commands be told.
    static let farewell = Duration.milliseconds(200)

    /// The socket of an agent that was told of none.
    package static func usualName(of program: String) -> String { "@" + program }

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
        guard let wanted = name ?? (getpid() == 1 ? usualName(of: program) : nil) else { return nil }
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
    ///   - request: What for.
    ///   - name: The value of `--control`; nil for `@PROGRAM`.
    /// - Returns: The answer.
    /// - Throws: ``AgentError``, also the agent's own.
    package static func ask(_ request: AgentRequest, at name: String?) throws(AgentError) -> AgentStatus {
        let call = try call(request, at: name)
        defer { call.close() }
        let answer: JSONValue
        do throws(ControlError) { answer = try call.next() } catch { throw AgentError(ofAgent: error) }
        if let refusal = AgentError(refusal: answer) { throw refusal }
        return AgentStatus(answer)
    }

    /// Asks a source to show a pass, or to stop it, until the pass has ended; cancellation ends the call only.
    ///
    /// - Parameters:
    ///   - request: What for.
    ///   - name: The value of `--control`; nil for `@PROGRAM`.
    ///   - show: Called with each text: what is for the output, and what is for the log.
    /// - Returns: How the pass ended; nil if the agent had none to stop.
    /// - Throws: ``AgentError``, also the agent's own.
    package static func follow(
        _ request: AgentRequest,
        at name: String?,
        show: @escaping @Sendable (_ output: String?, _ log: String?) -> Void = { _, _ in }
    ) async throws(AgentError) -> PassEnd? {
        let call = try call(request, at: name)
        let (stream, program) = (call.stream, request.program)
        // Only that thread uses it from now on.
        let handed = HandedOver(call)
        let result = try await onThread("dvm-follow", cancel: { stream.close() }) {
            () -> Result<PassEnd?, AgentError> in
            defer { handed.value.close() }
            return Result { () throws(AgentError) in try messages(of: handed.value, request, name, show) }
        }
        guard !Task.isCancelled else {
            let rest =
                request.isStop
                ? "waiting for \(program), which was told to stop" : "following \(program), whose pass goes on"
            throw AgentError(.cancelled, "stopped \(rest)", exitCode: 20)
        }
        return try result.get()
    }

    private static func messages(
        of call: LocalCall,
        _ request: AgentRequest,
        _ name: String?,
        _ show: (String?, String?) -> Void
    ) throws(AgentError) -> PassEnd? {
        var pass: Int64?
        while true {
            let message: JSONValue
            do throws(ControlError) {
                message = try call.next(within: patience)
            } catch {
                if case .refused = error { throw AgentError(ofAgent: error) }
                return try settle(request, name, pass, after: error)
            }
            if let refusal = AgentError(refusal: message) { throw refusal }
            if let end = message["ended"] { return try PassEnd(end) }
            // A status instead: nothing runs.
            if request.isStop, message["schema"] != nil { return nil }
            if let number = message["pass"]?.asInteger { pass = number }
            show(message["output"]?.asText, message["log"]?.asText)
        }
    }

    /// Finds out what a lost connection to an agent means for the pass that a command followed, whose number the agent has
    /// said first.
    private static func settle(
        _ request: AgentRequest,
        _ name: String?,
        _ pass: Int64?,
        after loss: ControlError
    ) throws(AgentError) -> PassEnd {
        let status: AgentStatus
        do throws(AgentError) {
            status = try ask(.sourceStatus, at: name)
        } catch {
            let text = "the connection to \(request.program) ended before its pass did: \(loss)"
            throw AgentError(.agentEnded, text, exitCode: 12)
        }
        if let pass, let end = status.end(ofPass: pass) { return try PassEnd(end) }
        guard !request.isStop else { throw AgentError(ofAgent: loss) }
        let text = "\(request.program), which still runs, dropped the connection: \(loss)"
        throw AgentError(.followerDropped, text, exitCode: 30)
    }

    private static func call(_ request: AgentRequest, at name: String?) throws(AgentError) -> LocalCall {
        let name = name ?? usualName(of: request.program)
        do throws(ControlError) {
            return try LocalCall(request.name, request.members, at: name)
        } catch {
            guard case .transport = error else { throw AgentError(ofAgent: error) }
            throw AgentError(.noAgent, "no \(request.program) answers at \(name): \(error)", exitCode: 10)
        }
    }

    /// The first members of every status.
    static func members(_ program: String, _ state: String, since start: ContinuousClock.Instant)
        -> [(String, JSONValue)]
    {
        [
            ("schema", .text("\(program)-status/1")), ("program", .text(program)), ("version", .text(ExitText.version)),
            ("process", .integer(Int64(getpid()))), ("identity", IdentityReport().json), ("state", .text(state)),
            ("elapsedSeconds", .decimal((ContinuousClock.now - start).inSeconds)),
        ]
    }
}

/// How a pass of another process ended.
package struct PassEnd: Sendable {
    private let members: JSONValue

    init(_ members: JSONValue) throws(AgentError) {
        guard let code = members["exitCode"]?.asInteger, (0...255).contains(code) else {
            throw AgentError(.protocolBroken, "the agent's answer has no exit code", exitCode: 2)
        }
        (self.members, exitCode) = (members, Int32(code))
    }

    /// rsync's exit code for it.
    package let exitCode: Int32

    /// One line for people, with its end.
    package var text: String {
        let seconds: Double =
            switch members["elapsedSeconds"] {
            case .decimal(let value): value
            case .integer(let value): Double(value)
            default: 0
            }
        let outcome = PrintableText.ofPeer(members["outcome"]?.asText ?? "")
        let kind = members["kind"]?.asText.map { " (\(PrintableText.ofPeer($0)))" } ?? ""
        return "pass \(members["pass"]?.asInteger ?? 0)\(kind) ended: \(outcome) (exit code \(exitCode))"
            + " after \(Figures.fixed(seconds)) s\n"
    }
}

extension AgentError {
    /// The members of an answer that refuses a request.
    var refusal: [(String, JSONValue)] {
        [("error", .text(observed)), ("code", .text(failure.code)), ("exitCode", .integer(Int64(exitCode)))]
    }

    /// Reads such an answer; nil if it is none.
    init?(refusal answer: JSONValue) {
        guard let error = answer["error"] else { return nil }
        let code = answer["code"]?.asText
        let text = PrintableText.ofPeer(error.asText ?? "an error without a text")
        guard let failure = FailureClass.allCases.first(where: { $0.code == code }) else {
            // Of another version.
            self.init(.agentRefused, "\(PrintableText.ofPeer(code ?? "no code")): \(text)", exitCode: 5)
            return
        }
        self.init(failure, text, exitCode: Int32(clamping: max(1, answer["exitCode"]?.asInteger ?? 1)))
    }

    /// A failure of the connection to an agent over its local socket.
    init(ofAgent error: ControlError) {
        switch error {
        case .refused(let text): self.init(.agentRefused, "the agent refused: \(text)", exitCode: 5)
        case .unknownRequest: self.init(.agentRefused, "the agent does not know this command", exitCode: 5)
        case .transport, .ended, .silent:
            self.init(.agentSilent, "the agent did not answer: \(error)", exitCode: 30)
        case .loginRefused, .stopped, .broken, .unusable: self.init(error)
        }
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

    /// Answers no more, before the process ends, and lets commands be told what has ended.
    package func end() { finish(within: LocalControl.farewell) }
}
