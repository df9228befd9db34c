import SecureTunnel
import TestSupport
import Testing

@Suite("Relay HelpTests")
struct RelayHelpTests {
    @Test("the help names every key of the movers, the signals and the exit codes", .timeLimit(.minutes(10)))
    func help() throws {
        let help = try ChildProcess.run(try BuiltProgram.path("dvm-stunnel"), ["-help"])
        #expect(help.hasPrefix("usage: dvm-stunnel FILE"))
        let words = Set(help.split(whereSeparator: \.isWhitespace).map(String.init))
        let files = MoverFiles.all.map { $0.text(in: "/d", port: 1, target: "h:2") }
        for line in files.joined(separator: "\n").split(separator: "\n") where line.first.map(\.isLetter) ?? false {
            let key = line.prefix { $0 != "=" }.filter { !$0.isWhitespace }
            #expect(words.contains { $0.lowercased() == key.lowercased() }, "\(key)")
        }
        for word in ["SIGHUP", "SIGUSR1", "SIGTERM", "exit"] { #expect(words.contains(word)) }
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }
}
