import AgentTestSupport
import Foundation
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Capacity")
struct CapacityTests {
    private func run(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        let child = try ChildProcess(try BuiltProgram.path("dvm-source"), ["capacity"] + arguments)
        child.send(input)
        child.closeInput()
        let status = try child.waitForExit()
        return (status, child.output)
    }

    private func members(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    @Test(
        "answers the contract's examples, with 1 when the provisioned size is not enough",
        arguments: [
            (["50", "200", "20", "20"], 200, "mismatch", 1), (["100", "250", "250", "250"], 257, "usage-exceeded", 1),
            (["97", "100", "100", "100"], 100, "no-op", 0), (["98", "100", "100", "100"], 101, "usage-exceeded", 1),
            (["60", "100", "100", "120", "--threshold", "41"], 120, "usage-exceeded", 0),
            (["97", "100", "100", "100", "--threshold", "-1"], 100, "no-op", 0),
        ]
    )
    func rule(numbers: [String], proposed: Int, reason: String, status: Int32) throws {
        var arguments = ["--rule", "--json", "--usage-percent", numbers[0], "--measured", numbers[1]]
        arguments += ["--requested", numbers[2], "--provisioned", numbers[3]] + numbers.dropFirst(4).map { $0 }
        let answer = try run(arguments.joined(separator: " ").split(separator: " ").map(String.init))
        let members = try members(answer.output)
        #expect(members["proposedBytes"] as? Int == proposed)
        #expect(members["proposed"] as? String == "\(proposed)")
        #expect(members["reason"] as? String == reason)
        let condition = members["condition"] as? [String: Any]
        #expect(condition?["type"] as? String == (reason == "no-op" ? nil : "PvCapacityAdjustmentRequired"))
        #expect(answer.status == status)
    }

    @Test("reads df's output from standard input")
    func diskUsage() throws {
        let output = """
            Filesystem     1MB-blocks   Used Available Use% Mounted on
            /dev/a             1090MB  1022MB     52MB  99% /host_pods/1/volumes/x/pvc-1
            /dev/b             5000MB    10MB   4990MB   1% /host_pods/1/volumes/x/pvc-2

            """
        let sizes = ["--requested", "1Gi", "--provisioned", "1Gi", "--json"]
        let answer = try run(["--rule", "--df", "-", "--volume", "pvc-1"] + sizes, input: output)
        #expect(try members(answer.output)["proposed"] as? String == "1111800k")
    }

    @Test(
        "df's output that does not tell about the volume gives the plan's condition, and an exit code of its own",
        arguments: ["pvc-3", "pvc-1"]
    )
    func unmeasured(volume: String) throws {
        let output = "/dev/a  unknown  unknown  unknown  - /host_pods/1/volumes/x/pvc-1\n"
        let sizes = ["--requested", "1Gi", "--provisioned", "1Gi"]
        let answer = try run(["--rule", "--df", "-", "--volume", volume, "--json"] + sizes, input: output)
        let members = try members(answer.output)
        #expect(answer.status == 2 && members["proposed"] is NSNull && members["fits"] is NSNull)
        #expect((members["error"] as? String)?.isEmpty == false)
        let condition = try #require(members["condition"] as? [String: Any])
        #expect(
            ["type", "status", "reason", "category"].map { condition[$0] as? String }
                == ["PvUsageAnalysisFailed", "True", "NotDone", "Warn"]
        )
        #expect((condition["message"] as? String)?.hasSuffix("[\(volume)]") == true)
        #expect(
            try run(["--rule", "--df", "-", "--volume", volume] + sizes, input: output).output.contains("not known")
        )
    }

    @Test("scans a volume and reports whether the provisioned size is sufficient")
    func forecast() throws {
        let directory = try TemporaryDirectory(parent: "/dev/shm")
        try Data(repeating: 1, count: 10_000_000).write(to: URL(fileURLWithPath: directory.file("f")))
        let ext4 = [directory.path, "--target-file-system", "ext4", "--round", "1Mi"]
        let free = try run(ext4 + ["--json"])
        let members = try members(free.output)
        #expect(free.status == 0)
        #expect(members["fits"] is NSNull)
        #expect(members["neededBytes"] as? Int == 10_002_432 + 4096)
        let proposed = try #require(members["proposed"] as? String)
        #expect(try run(ext4 + ["--provisioned", proposed]).status == 0)
        let small = try run(ext4 + ["--provisioned", "12Mi"])
        #expect(small.status == 1)
        #expect(small.output.contains("NOT sufficient"))
    }

    @Test(
        "errors exit with neither 0 nor 1",
        arguments: [
            [], ["/", "--rule"], ["--rule", "--requested", "1"], ["/nowhere"], ["/tmp", "--target-block-size", "1000"],
            ["/tmp", "--round", "0"], ["/tmp", "--requested", "1Q"], ["/tmp", "--target-file-system", "fat"],
            ["--rule", "--usage-percent", "1", "--measured", "1K", "--requested", "1", "--provisioned", "1"],
            ["--rule", "--usage-percent", "198", "--measured", "1Ki", "--requested", "1", "--provisioned", "1"],
            ["--rule", "--df", "/nowhere", "--requested", "1", "--provisioned", "1"],
        ]
    )
    func mistakes(arguments: [String]) throws {
        let answer = try run(arguments)
        #expect(answer.status > 1)
        #expect(!answer.output.isEmpty)
    }

    @Test(
        "errors of the target's command exit with neither 0 nor 1 either",
        arguments: [[], ["/nowhere"], ["/tmp", "--needs", "much"], ["/tmp", "--need", "1"]]
    )
    func targetMistakes(arguments: [String]) throws {
        let child = try ChildProcess(try BuiltProgram.path("dvm-target"), ["capacity"] + arguments)
        #expect(try child.waitForExit() > 1)
    }
}
