import AgentTestSupport
import Foundation
import TestSupport
import Testing

@Suite("Commands that verify", .timeLimit(.minutes(5)))
struct VerificationCommandTests {
    private let directory: TemporaryDirectory
    private var first: String { directory.file("first") }
    private var second: String { directory.file("second") }

    init() throws {
        directory = try TemporaryDirectory()
        let script = """
            mkdir -p "$1/sub" "$1/other"; cd "$1"; echo text > file; head -c 3000000 /dev/urandom > sub/large; ln -s file link
            setfacl -m u:1000:r file; ln file sub/linked; mkfifo pipe; truncate -s 200K sparse; cp -a "$1" "$2"
            """
        let child = try ChildProcess("/bin/sh", ["-euc", script, "sh", first, second])
        #expect(try child.waitForExit() == 0, "\(child.output)")
    }

    private func run(_ arguments: String...) throws -> (code: Int32, lines: [String]) {
        let child = try ChildProcess(try BuiltProgram.path("dvm-source"), arguments)
        let code = try child.waitForExit()
        return (code, child.output.split(separator: "\n").map(String.init))
    }

    private func shell(_ script: String) throws {
        let child = try ChildProcess("/bin/sh", ["-euc", "cd \"$1\"; " + script, "sh", second])
        #expect(try child.waitForExit() == 0, "\(child.output)")
    }

    private func checkSchema(_ name: String, _ lines: [String]) throws {
        let schema = try SchemaCheck(name)
        for line in lines { #expect(try schema.faults(of: line) == [], "\(line)") }
    }

    @Test("equal volumes have one root and are equal, also by a manifest", arguments: ["strong", "fast"])
    func equal(hash: String) throws {
        let file = directory.file("manifest")
        let made = try run("manifest", first, "--hash", hash, "--output", file)
        #expect(made.code == 0)
        #expect(try run("manifest", second, "--hash", hash).lines == made.lines)
        #expect(try run("manifest", file).lines == made.lines)
        #expect(
            try run("compare", first, second, "--hash", hash).lines == ["equal: 9 entries, 3204810 bytes of content"]
        )
        for sides in [[file, second], [second, file], [file, file]] {
            let outcome = try run("compare", sides[0], sides[1])
            #expect(outcome.code == 0, "\(outcome.lines)")
        }
        let temporary = directory.file(".manifest.new")
        #expect(!FileManager.default.fileExists(atPath: temporary))
    }

    @Test("each difference is named with both values, in words and in JSON")
    func different() throws {
        try shell(
            """
            chmod 601 file; rm pipe; touch -h -d @1.000000001 link; mkdir -p new/below; printf x >> sub/large
            rm -r other; echo > other; printf 0 | dd of=sparse conv=notrunc seek=100000 bs=1 2>/dev/null
            """
        )
        let outcome = try run("compare", first, second, "--ignore", "root,times")
        #expect(outcome.code == 23)
        let beginnings = [
            "differs: file: mode 0644, 0601; acl user::rw-,user:1000:r--,group::r--,mask::r--,other::r--, ",
            "extra: new", "extra: new/below", "differs: other: type directory, file", "missing: pipe",
            "differs: sparse: content ", "holes (not a difference): sparse: ",
            "differs: sub/large: size 3000000, 3000001; content ",
            "differs: sub/linked: mode 0644, 0601; acl ", "8 differences between 9 and 10 entries",
        ]
        #expect(outcome.lines.count == beginnings.count, "\(outcome.lines)")
        for (line, beginning) in zip(outcome.lines, beginnings) { #expect(line.hasPrefix(beginning), "\(line)") }
        let times = try run("compare", first, second, "--ignore", "root,content,modes,acls")
        #expect(times.lines.contains { $0.hasPrefix("differs: link: time ") && $0.hasSuffix(", 1.000000001") })
        let json = try run("compare", first, second, "--json")
        #expect(json.code == 23 && json.lines.count > 8)
        try checkSchema("comparison", json.lines)
        try checkSchema("comparison", try run("compare", first, first, "--json").lines)
    }

    @Test("a listing has a line for each entry")
    func listing() throws {
        let lines = try run("manifest", first, "--list").lines
        #expect(lines.contains { $0.hasPrefix("l 0777 ") && $0.hasSuffix(" link -> file") })
        #expect(lines.contains { $0.hasSuffix(" sub/linked (same file as file)") })
        let json = try run("manifest", first, "--list", "--json").lines
        #expect(json.count == 10)
        try checkSchema("manifest", json)
    }

    @Test("what cannot be read is named, and is never equal", .enabled(if: isPrivileged, "needs another user"))
    func unreadable() throws {
        try shell("chmod 0 \"$1/sub/large\"; chmod 755 \"${1%/*}\"; chmod 0 other")
        let program = try BuiltProgram.path("dvm-source")
        let line = ["--reuid", "65534", "--regid", "65534", "--clear-groups", program]
        let child = try ChildProcess("/usr/bin/setpriv", line + ["compare", second, second])
        #expect(try child.waitForExit() == 23)
        #expect(child.output.contains("unreadable on both sides: sub/large\n"))
        #expect(child.output.contains("unreadable on both sides: other\n"))
        #expect(child.output.contains("could not be read: open of \"sub/large\" failed"))
        let manifest = try ChildProcess("/usr/bin/setpriv", line + ["manifest", second])
        #expect(try manifest.waitForExit() == 23)
        #expect(manifest.output.contains("unreadable  2\n"))
    }

    @Test("wrong input is refused with its own code")
    func refused() throws {
        #expect(try run("compare", first, directory.file("none")).code == 3)
        let text = try run("compare", first, first + "/file")
        #expect(text.code == 2 && text.lines.last?.contains("DVM-7001") == true)
        let name = try run("compare", first, second, "--ignore", "everything")
        #expect(name.code == 1 && name.lines.last?.contains("is not one of content, modes") == true)
        let place = try run("manifest", first, "--output", directory.file("none/manifest"))
        #expect(place.code == 11 && place.lines.last?.contains("DVM-7002") == true)
        let (strong, fast) = (directory.file("strong"), directory.file("fast"))
        #expect(try run("manifest", first, "--output", strong).code == 0)
        #expect(try run("manifest", first, "--hash", "fast", "--output", fast).code == 0)
        let functions = try run("compare", strong, fast)
        #expect(functions.code == 2 && functions.lines.last?.contains("with the same function") == true)
    }
}
