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
}
