import RsyncOptions
import Testing

@testable import RsyncWire

/// The message about what is in place, and the options that request what only our own sides know.
struct TransferTallyTests {
    @Test("a tally is decoded from its payload, whatever a later version appends")
    func roundTrip() {
        var tally = TransferTally()
        tally.transferredFiles = 1
        tally.createdFiles = 2
        tally.createdDirectories = 1 << 40
        tally.countCreated(mode: 0o120777)
        tally.deleted = 7
        tally.lockReach = 2
        tally.refusal = .tooMany
        tally.refusedDeletions = 8
        tally.destinationEntries = 9
        #expect(TransferTally(payload: tally.payload) == tally)
        #expect(TransferTally(payload: tally.payload + [1, 2, 3, 4, 5, 6, 7, 8]) == tally)
        #expect(tally.created == 1 << 40 + 3)
        #expect(MessageTag.tally.allows(length: tally.payload.count))
    }

    @Test("invalid values are ignored, and no sum of them traps")
    func hostile() {
        #expect(TransferTally(payload: [UInt8](repeating: 0xFF, count: 88)) == TransferTally())
        #expect(TransferTally(payload: [1, 2, 3]) == TransferTally())
        let largest: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
        let tally = TransferTally(payload: (0..<11).flatMap { _ in largest })
        #expect(tally.transferredFiles == .max)
        #expect(tally.refusal == nil)
        _ = tally.created
        #expect(!MessageTag.tally.allows(length: 90))
    }

    @Test("options between dvm programs are transmitted, and left out where nothing requires them")
    func options() throws {
        var options = TransferOptions()
        options.deletion.isOn = true
        options.deletion.limit = 50
        options.deletion.refusesEmptySource = true
        options.agent.tallies = true
        options.agent.job = "n6e69"
        let arguments = ServerArguments(options: options, isSender: false, paths: [[]])
        let parsed = ServerArguments(parsing: arguments.encoded, from: .daemon)
        #expect(parsed.refusal == nil)
        #expect(parsed.options.deletion.limit == 50)
        #expect(parsed.options.deletion.refusesEmptySource)
        #expect(parsed.options.agent.tallies)
        #expect(parsed.options.agent.job == "n6e69")
        options.deletion.isOn = false
        let plain = ServerArguments(options: options, isSender: false, paths: [[]]).encodedOptions.map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(!plain.contains { $0.hasPrefix("--dvm-delete") || $0.hasPrefix("--dvm-refuse") })
    }

    @Test(
        "invalid values are refused",
        arguments: ["--dvm-delete-limit=101", "--dvm-job=a;b", "--dvm-job=é"]
    )
    func badValues(word: String) {
        let vector = ["--server", word, ".", "m/"].map { Array($0.utf8) }
        #expect(ServerArguments(parsing: vector, from: .daemon).refusal != nil)
    }
}
