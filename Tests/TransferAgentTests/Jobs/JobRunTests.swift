import AgentTestSupport
import Foundation
import RsyncEngine
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Job of several volumes", .timeLimit(.minutes(10)))
struct JobRunTests {
    @Test("volumes go to their names at the target, several at the same time, each as it says", arguments: [1, 3])
    func several(parallel: Int) async throws {
        let directory = try TemporaryDirectory()
        let names = ["a", "b", "c", "d"]
        for name in names {
            for side in ["source", "target"] {
                try FileManager.default.createDirectory(
                    atPath: directory.file("\(side)-\(name)"),
                    withIntermediateDirectories: true
                )
            }
            try write("of \(name)", to: directory.file("source-\(name)/file"))
            try write("temporary", to: directory.file("source-\(name)/x.tmp"))
            try write("extra", to: directory.file("target-\(name)/extra"))
        }
        let target = try Target(others: names.map { "\($0)-new=" + directory.file("target-\($0)") })
        var text = "target: \"\(target.settings.target)\"\nca: \(target.authority.files.certificate)\n"
        text += "parallel: \(parallel)\nvolumes:\n"
        for name in names {
            text += "- {name: \(name), target-name: \(name)-new, path: \(directory.file("source-\(name)"))"
            text += ", exclude: [\"*.tmp\"], delete: \(name == "b" ? "false" : "true")}\n"
        }
        text += "- {name: none, path: /nonexistent, skip: true}\n"
        let settings = try Job(layers: [try jobLayer(text)]).with(
            password: target.settings.environmentPassword,
            proxyPassword: nil
        )
        let outcomes = try await transfer(settings.settings)
        #expect(outcomes.map(\.name) == names)
        #expect(outcomes.allSatisfy { $0.isComplete }, "\(outcomes.map(\.error))")
        for name in names {
            let there = try FileManager.default.contentsOfDirectory(atPath: directory.file("target-\(name)")).sorted()
            #expect(there == (name == "b" ? ["extra", "file"] : ["file"]))
            #expect(try String(contentsOfFile: directory.file("target-\(name)/file"), encoding: .utf8) == "of \(name)")
        }
    }

    @Test("at most as many volumes as --parallel says are transferred at the same time")
    func bounded() async throws {
        let directory = try TemporaryDirectory()
        let names = (0..<6).map { "v\($0)" }
        for name in names {
            for side in ["s", "t"] {
                try FileManager.default.createDirectory(
                    atPath: directory.file("\(side)\(name)"),
                    withIntermediateDirectories: true
                )
            }
            try writeNoise(300_000, to: directory.file("s\(name)/file"))
        }
        let target = try Target(others: names.map { "\($0)=" + directory.file("t\($0)") })
        var settings = target.settings
        settings.volumes = names.map { "\($0)=" + directory.file("s\($0)") }
        settings.parallel = 2
        settings.pass.bandwidthLimit = "1M"
        let output = Memory()
        let display = ProgressDisplay(style: .json, output: output, log: .agent("dvm-source", output: output))
        let outcomes = await TransferRun(try SourceJob(settings), display: display).run()
        #expect(outcomes.map(\.name) == names)
        #expect(outcomes.allSatisfy { $0.isComplete })
        var running = 0
        var most = 0
        for line in output.lines {
            if line.contains(#","event":"started","#) { running += 1 }
            if line.contains(#","event":"finished","#) { running -= 1 }
            most = max(most, running)
        }
        #expect(most == 2)
    }

    @Test("a kind of exception that the job accepts leaves exit code 0, and is still reported")
    func accepted() async throws {
        let target = try Target()
        try write("small", to: target.source("small"))
        try write(String(repeating: "x", count: 5000), to: target.source("large"))
        var settings = target.settings
        settings.pass.largestFile = "4096"
        for (kinds, exitCode) in [([], 23), ([.vanished, .attributes], 23), ([.largeFiles], 0)]
            as [(Set<AcceptedException>, Int32)]
        {
            settings.pass.accept = kinds
            let outcome = try await transferOne(settings)
            #expect(outcome.exitCode == exitCode)
            #expect(outcome.error?.failure == .fileTooLarge)
            #expect(!outcome.isComplete)
            #expect(outcome.isAccepted == (exitCode == 0))
            #expect(outcome.exceptionCount > 0)
        }
    }

    @Test("what is accepted hides nothing else")
    func observer() {
        func judged(_ messages: [(String, Bool)], _ kinds: Set<AcceptedException>, _ exitCode: Int32) -> Bool {
            let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: Memory()))
            let observer = VolumeObserver(root: "/s", accepting: kinds, display: display)
            for (text, isError) in messages { observer.message(text, isError ? .errorTransfer : .warning) }
            return observer.isAccepted(
                AgentError(
                    outcome: exitCode,
                    exceptions: messages.count,
                    isFlawedCutover: observer.hasUnexpectedAtCutover
                )
            )
        }
        let vanished = ("file has vanished: \"a\"", false)
        let broken = ("cannot read \"b\": Input/output error (5)", true)
        let all = Set(AcceptedException.allCases)
        #expect(judged([vanished], [.vanished], 24))
        #expect(!judged([vanished], [.attributes], 24))
        #expect(!judged([vanished, broken], all, 23))
        #expect(!judged([broken], all, 23))
        #expect(!judged([], all, 23))
        let large = ("rsync: [sender] \"c\" has 9 bytes, more than the limit of 8: not transferred", true)
        let top = ("rsync: [generator] failed to set times on \".\" (in v): Operation not permitted (1)", true)
        let ours = (
            "rsync: [generator] failed to set group, times and permissions on \"/.\" (in v): Operation not permitted (1)",
            true
        )
        #expect(judged([ours], [.topDirectoryAttributes], 23) && !judged([ours, broken], all, 23))
        let below = ("rsync: [generator] failed to set times on \"./a\" (in v): Operation not permitted (1)", true)
        let failing = ("rsync: [generator] failed to set times on \".\" (in v): Input/output error (5)", true)
        #expect(judged([top], [.topDirectoryAttributes], 23) && !judged([top], [.attributes], 23))
        #expect(!judged([top, below], [.topDirectoryAttributes], 23) && judged([below], [.attributes], 23))
        #expect(!judged([failing], [.topDirectoryAttributes], 23))
        #expect(judged([large], [.largeFiles], 23) && !judged([large, broken], all, 23))
        let attribute = ("rsync: [receiver] failed to set times on \"d\": Operation not permitted (1)", true)
        #expect(judged([attribute], [.attributes], 23) && !judged([attribute], [.largeFiles], 23))
        // Names that look like such messages.
        for name in ["why it failed to set up.log", "more than the limit", "a\" b] chown \""] {
            #expect(
                !judged(
                    [("rsync: [sender] send_files failed to open \"\(name)\": Permission denied (13)", true)],
                    all,
                    23
                )
            )
        }
        #expect(!judged([attribute, ("cannot delete non-empty directory: failed to set", true)], all, 23))
        let gone = ("rsync: [sender] read errors mapping \"/s/e\": No data available (61)", false)
        let discarded = ("ERROR: e failed verification -- update discarded.", true)
        #expect(judged([gone, gone, discarded], [.changed], 23) && !judged([gone, gone, discarded], [.vanished], 23))
        // What arrived differs from what was read, although the file had not changed; another one had.
        #expect(!judged([discarded], all, 23))
        let inner = ("ERROR: d/e failed verification -- update discarded.", true)
        #expect(!judged([gone, gone, inner], all, 23))
        let unreadable = ("rsync: [sender] read errors mapping \"/s/b\": Input/output error (5)", false)
        let stale = ("ERROR: b failed verification -- update discarded.", true)
        #expect(!judged([gone, unreadable, unreadable, stale], all, 23))
        #expect(!judged([gone, unreadable], all, 23))
        let grown = ("file has grown while it was read: \"f\" (from 1 to 2 bytes)", false)
        #expect(judged([grown], [.changed], 0) && !judged([grown], [.vanished], 0))
        #expect(!judged([grown, ("another warning", false)], all, 0))
        #expect(!judged([], all, 20) && !judged([], all, 11) && !judged([], all, 25))
    }
}
