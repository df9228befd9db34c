import AgentTestSupport
import Foundation
import TestSupport
import Testing

@testable import TransferAgent

/// Each limit and each loss against a real file system that has it; the kernel here has no vfat, no quota format and no
/// ext4 that folds case, so names that differ by case are tried on exFAT (``CheckTests``), and quotas by figures alone.
@Suite(
    "Fit and preserved metadata",
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: isPrivileged, "only root mounts")
)
struct SurvivalTests {
    private func setAttribute(_ name: String, _ value: [UInt8], of path: String) throws {
        try ChildProcess.run("/usr/bin/setfattr", ["-n", name, "-v", "0x" + hex(value), path])
    }

    /// 12 entries with attributes, one of them the root; 3 with ACLs; 1 with capabilities.
    private func addAttributes(at root: String) throws {
        for index in 0..<11 {
            try write("x", to: root + "/f\(index)")
            try setAttribute("user.note", [1], of: root + "/f\(index)")
        }
        try setAttribute("user.origin", [2], of: root)
        for path in ["f0", "f1"] { try ChildProcess.run("/usr/bin/setfacl", ["-m", "u:7:r", root + "/" + path]) }
        try FileManager.default.createDirectory(atPath: root + "/d", withIntermediateDirectories: false)
        try ChildProcess.run("/usr/bin/setfacl", ["-d", "-m", "u:7:r", root + "/d"])
        let mayBindPorts: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0] + Array(repeating: 0, count: 12)
        try setAttribute("security.capability", mayBindPorts, of: root + "/f5")
    }

    private static let loss =
        "extended attributes (user.note, user.origin) of 12 entries, ACLs of 3 entries, "
        + "file capabilities of 1 entry"

    private func members(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    private func capacity(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let child = try ChildProcess(try BuiltProgram.path(program), ["capacity"] + arguments)
        child.closeInput()
        let status = try child.waitForExit()
        return (status, child.output)
    }

    @Test("attributes, ACLs and capabilities are named and counted before the first byte; strict refuses them")
    func attributes() async throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 16)
        let source = try MountedVolume(.ext4([]), mebibytes: 16)
        let target = try Target(volume: disk.path)
        try addAttributes(at: source.path)
        var settings = target.settings
        settings.volumes = ["data=" + source.path]
        settings.pass.check = .strict
        settings.pass.attributes = .never
        let refused = try await transferOne(settings)
        #expect(refused.error?.failure == .doesNotSurvive)
        #expect(refused.error?.observed.contains(Self.loss) == true)
        #expect(try disk.names() == [])
        settings.pass.check = .fit
        let output = Memory()
        #expect(try await transferOne(settings, output).exitCode == 0)
        #expect(output.text.contains("altered: not transferred: " + Self.loss))
        #expect(try attributes(of: disk.file("f0")).isEmpty)
    }

    private func attributes(of path: String) throws -> String {
        let child = try ChildProcess(
            "/usr/bin/getfattr",
            ["--absolute-names", "-d", "-m", "user|trusted|security|acl", path]
        )
        _ = try child.waitForExit()
        return child.output
    }

    @Test("they arrive at a dvm-target that can keep them, and are corrected there; labels only on request")
    func transferred() async throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 16)
        let source = try MountedVolume(.ext4([]), mebibytes: 16)
        let target = try Target(volume: disk.path)
        try addAttributes(at: source.path)
        let long = [UInt8](repeating: 7, count: 500)
        try setAttribute("user.long", long, of: source.file("f3"))
        try setAttribute("security.selinux", Array("system_u:object_r:a:s0".utf8), of: source.file("f4"))
        var settings = target.settings
        settings.volumes = ["data=" + source.path]
        settings.pass.check = .strict
        func expectEqual(_ names: [String]) throws {
            for name in names {
                let (here, there) = (try attributes(of: source.file(name)), try attributes(of: disk.file(name)))
                #expect(here.split(separator: "\n").dropFirst() == there.split(separator: "\n").dropFirst(), "\(name)")
            }
        }
        let names = ["f0", "f1", "f2", "f3", "f5", "d"]
        #expect(try await transferOne(settings).exitCode == 0)
        try expectEqual(names)
        #expect(try attributes(of: disk.path).contains("user.origin"))
        #expect(try !attributes(of: disk.file("f4")).contains("selinux"))
        try setAttribute("user.note", [9], of: source.file("f2"))
        try setAttribute("user.stray", [9], of: disk.file("f5"))
        try ChildProcess.run("/usr/bin/setfacl", ["-b", source.file("f0")])
        #expect(try await transferOne(settings).exitCode == 0)
        try expectEqual(names)
        settings.pass.labels = true
        #expect(try await transferOne(settings).exitCode == 0)
        try expectEqual(names + ["f4"])
    }

    @Test("capacity reports them too, and counts their space only where they are transferred")
    func forecastAttributes() throws {
        let source = try MountedVolume(.ext4([]), mebibytes: 16)
        try addAttributes(at: source.path)
        try setAttribute("user.long", Array(repeating: 7, count: 700), of: source.file("f3"))
        let ext4 = [source.path, "--target-file-system", "ext4"]
        let text = try capacity("dvm-source", ext4 + ["--no-xattrs"]).output
        #expect(text.contains("NOT TRANSFERRED"))
        #expect(
            text.contains(
                " extended attributes (user.long, user.note, user.origin) of 12 entries, ACLs of 3 entries"
            )
        )
        #expect(try !capacity("dvm-source", ext4).output.contains("NOT TRANSFERRED"))
        let left = try members(try capacity("dvm-source", ext4 + ["--json", "--no-xattrs"]).output)
        let carried = try members(try capacity("dvm-source", ext4 + ["--json"]).output)
        let tree = try #require(left["tree"] as? [String: Any])
        #expect(tree["attributed"] as? Int == 12)
        #expect(tree["accessLists"] as? Int == 3)
        #expect(tree["capabilities"] as? Int == 1)
        #expect(tree["attributeNames"] as? [String] == ["user.long", "user.note", "user.origin"])
        let bytes = try #require(left["neededBytes"] as? Int)
        // A block for each entry whose attributes do not fit into its inode.
        #expect(try #require(carried["neededBytes"] as? Int) == bytes + 4 * 4096)
    }

    @Test("more names than a file can have there are refused")
    func links() async throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 32)
        let source = try TemporaryDirectory(parent: "/dev/shm")
        let target = try Target(volume: disk.path)
        try write("x", to: source.file("0"))
        for index in 1...65_000 { #expect(link(source.file("0"), source.file("\(index)")) == 0) }
        var settings = target.settings
        settings.volumes = ["data=" + source.path]
        let outcome = try await transferOne(settings)
        #expect(outcome.exitCode == 4)
        #expect(outcome.error?.observed.contains("a file has 65001 hard links, the target allows 65000") == true)
        #expect(try disk.names() == [])
    }

    @Test("a file longer than the target's limit is refused")
    func length() async throws {
        let disk = try MountedVolume(.ext4(["-b", "1024"]), mebibytes: 16)
        let source = try TemporaryDirectory(parent: "/dev/shm")
        let target = try Target(volume: disk.path)
        try write("", to: source.file("endless"))
        #expect(truncate(source.file("endless"), 5 << 40) == 0)
        var settings = target.settings
        settings.volumes = ["data=" + source.path]
        let outcome = try await transferOne(settings)
        #expect(outcome.exitCode == 4)
        #expect(
            outcome.error?.observed.contains("a file has 5497558138880 bytes, the target allows 43980465") == true
        )
        #expect(try disk.names() == [])
    }

    @Test("times that become coarser are counted")
    func grain() async throws {
        let disk = try MountedVolume(.ext4(["-I", "128"]), mebibytes: 16)
        let target = try Target(volume: disk.path)
        for (index, nanoseconds) in [0, 5, 999_999_999].enumerated() {
            let path = target.source("\(index)")
            try write("x", to: path)
            try setTime(of: path, seconds: 1_000_000_000, nanoseconds: nanoseconds)
        }
        try setTime(of: target.directory.file("source"), seconds: 1_000_000_000)
        let output = Memory()
        #expect(try await transferOne(target.settings, output).exitCode == 0)
        let words = "modification times are truncated to multiples of 1000000000 ns (finer than a second: 2 times)"
        #expect(output.text.contains("altered: " + words))
    }

    @Test("a volume that was resized is verified against what is needed")
    func resized() throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 64)
        let enough = try capacity("dvm-target", [disk.path, "--needs", "40Mi"])
        #expect(enough.status == 0)
        #expect(enough.output.contains("verified: "))
        #expect(enough.output.contains(" >= 40Mi needed"))
        let short = try capacity("dvm-target", [disk.path, "--needs", "64Mi"])
        #expect(short.status == 1)
        #expect(short.output.contains("too small: "))
        let answer = try members(try capacity("dvm-target", [disk.path, "--needs", "64Mi", "--json"]).output)
        #expect(answer["fits"] as? Bool == false)
        #expect(answer["needsBytes"] as? Int == 64 << 20)
    }

    @Test("growth since the last forecast is added to the next claim, which is then sufficient")
    func growth() async throws {
        let source = try TemporaryDirectory(parent: "/dev/shm")
        let question = [source.path, "--target-file-system", "ext4", "--round", "1Mi", "--json"]
        for index in 0..<20 { try writeNoise(mebibyte, to: source.file("a\(index)"), seed: UInt32(index)) }
        let first = try members(try capacity("dvm-source", question).output)
        #expect(first["growthBytes"] as? Int == 0)
        let before = try #require(first["neededBytes"] as? Int)
        for index in 0..<10 { try writeNoise(mebibyte, to: source.file("b\(index)"), seed: UInt32(index)) }
        let second = try members(try capacity("dvm-source", question + ["--previous", "\(before)"]).output)
        let (needed, growth) = (second["neededBytes"] as? Int, second["growthBytes"] as? Int)
        #expect(growth == 10 * mebibyte)
        #expect(needed == before + 10 * mebibyte)
        let plain = try members(try capacity("dvm-source", question).output)
        let claim = try #require(second["proposedBytes"] as? Int)
        #expect(try claim >= #require(plain["proposedBytes"] as? Int) + 9 * mebibyte)

        // The pass that was reckoned with: as much again, on a volume of the claim's size.
        let disk = try MountedVolume(.ext4([]), mebibytes: claim / mebibyte)
        let target = try Target(volume: disk.path)
        var settings = target.settings
        settings.volumes = ["data=" + source.path]
        #expect(try await transferOne(settings).exitCode == 0)
        for index in 0..<10 { try writeNoise(mebibyte, to: source.file("c\(index)"), seed: UInt32(index)) }
        let output = Memory()
        #expect(try await transferOne(settings, output).exitCode == 0)
        #expect(output.text.contains("checked: "))
        let shrunk = try members(try capacity("dvm-source", question + ["--previous", "1Gi"]).output)
        #expect(shrunk["growthBytes"] as? Int == 0)
    }
}
