import AgentControl
import AgentTestSupport
import Glibc
import LinuxSystem
import SecureTunnel
import Synchronization
import TestSupport
import Testing
import Transport

@testable import TransferAgent

@Suite("Source agent", .timeLimit(.minutes(10)))
struct SourceAgentStateTests {
    /// An agent whose passes are prepared when the test says so.
    private struct Stage {
        let name: String
        let entered = BoundedQueue<Void>(capacity: 1, name: "beginning of a preparation")
        let goOn = BoundedQueue<Void>(capacity: 1, name: "end of a preparation")
        let agent: SourceAgent
        let server: LocalServer

        init(_ word: String, target: String = "127.0.0.1:1") throws {
            name = "@dvm-agent-\(getpid())-\(word)"
            var once = TransferSettings(volumes: ["v=/tmp"], target: target, trust: .insecure)
            once.pass.attempts = 1
            let settings = once
            let hooks = try HookProcesses(of: try SourceJob(settings))
            let agent = SourceAgent(hooks: hooks, style: .none, log: .agent("dvm-source", output: Memory())) {
                [entered, goOn] (_) throws(AgentError) in
                entered.push(())
                _ = goOn.pop(within: .seconds(60))
                var settings = settings
                settings.environmentPassword = SecretBytes("x")
                return try SourceJob(settings)
            }
            self.agent = agent
            server = try LocalServer(name) { agent.answer($0) }
            try server.start()
        }
    }

    @Test("stop during a start: the pass does not begin, and stop says so after that")
    func stopDuringStart() throws {
        let stage = try Stage("stop")
        defer { stage.server.finish(within: .seconds(10)) }
        let start = try Background { try LocalCall.ask("start", at: stage.name) }
        #expect(stage.entered.pop() != nil)
        #expect(try LocalCall.ask("start", at: stage.name)["error"]?.asText == "another pass is being started")
        let stop = try LocalCall("stop", at: stage.name)
        defer { stop.close() }
        // A sign of life, while the pass is still being prepared.
        #expect(try stop.next()["schema"] == nil)
        stage.goOn.push(())
        let refused = try start.value()
        #expect(refused["code"]?.asText == FailureClass.cancelled.code && refused["exitCode"]?.asInteger == 20)
        let status = try stop.next()
        #expect(status["state"]?.asText == "idle" && status["pass"]?.asInteger == 0)
    }

    @Test("an agent that ends begins nothing more")
    func ending() async throws {
        let stage = try Stage("ending")
        defer { stage.server.finish(within: .seconds(10)) }
        let run = Task { await stage.agent.run() }
        run.cancel()
        #expect(await run.value.exitCode == 0)
        let refused = try await offPool { try LocalCall.ask("start", at: stage.name) }
        #expect(refused["error"]?.asText == "the agent is ending")
    }

    @Test("a pass that was begun just before the end is interrupted, and decides the exit code")
    func begunAtTheEnd() async throws {
        // It never answers.
        let target = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let stage = try Stage("begun", target: "\(target.address)")
        defer { stage.server.finish(within: .seconds(10)) }
        stage.goOn.push(())
        let started = try await offPool { try LocalCall.ask("start", at: stage.name) }
        #expect(started["state"]?.asText == "running" && started["pass"]?.asInteger == 1)
        let report = await Task {
            withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await stage.agent.run()
        }.value
        #expect(report.exitCode == 20)
        let status = try await offPool { try LocalCall.ask("status", at: stage.name) }
        #expect(status["state"]?.asText == "idle" && status["last"]?["exitCode"]?.asInteger == 20)
        withExtendedLifetime(target) {}
    }

    @Test("a lost connection tells the end of the pass that was followed, never that of another")
    func lostConnection() async throws {
        let name = "@dvm-agent-\(getpid())-lost"
        let ended = Mutex<Int64>(0)
        let server = try LocalServer(name) { request in
            guard request.name == "status" else {
                return .conversation { _ = $0.send([("pass", .integer(1))]) }
            }
            let last = JSONValue.object([("pass", .integer(ended.withLock { $0 })), ("exitCode", .integer(23))])
            return .answer([("pass", .integer(2)), ("last", last)])
        }
        try server.start()
        defer { server.finish(within: .seconds(10)) }
        let request = AgentRequest.attach(.none, columns: 80)
        for (number, isKnown) in [(Int64(1), true), (2, false)] {
            ended.withLock { $0 = number }
            do throws(AgentError) {
                let end = try await LocalControl.follow(request, at: name)
                #expect(isKnown && end?.exitCode == 23)
            } catch {
                #expect(!isKnown && error.failure == .followerDropped && error.exitCode == 30)
            }
        }
        do throws(AgentError) {
            _ = try await LocalControl.follow(.stop, at: name)
            Issue.record("a stop whose answer was lost succeeded")
        } catch {
            #expect(error.failure == .agentSilent)
        }
    }

    @Test("an error of another version is an error, and an end without an exit code is none")
    func unknownAnswers() {
        let answer = JSONValue.object([("error", .text("no")), ("code", .text("DVM-9999")), ("exitCode", .integer(0))])
        #expect(AgentError(refusal: answer)?.failure == .agentRefused)
        #expect(AgentError(refusal: answer)?.exitCode == 5)
        #expect(throws: AgentError.self) { try PassEnd(.object([("pass", .integer(1))])) }
    }

    @Test("a pass that was interrupted decides the exit code, whatever else failed in it")
    func interrupted() {
        let outcomes = [
            VolumeOutcome(name: "a", error: AgentError(.silence, "nothing came", exitCode: 30), elapsed: .zero),
            VolumeOutcome(name: "b", error: AgentError(.cancelled, "stopped on request", exitCode: 20), elapsed: .zero),
        ]
        #expect(SourcePass.End(number: 1, result: PassResult(outcomes), elapsed: .zero).interruption?.exitCode == 20)
        #expect(SourcePass.End(number: 1, result: PassResult([outcomes[0]]), elapsed: .zero).interruption == nil)
    }
}
