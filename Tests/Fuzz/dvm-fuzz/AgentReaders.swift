@testable import AgentControl
import Glibc
import SecureTunnel
import VolumeAccess
@testable import VolumeCapacity

/// What requests about a volume are answered from: the working directory, which nothing is written to.
private struct WorkingDirectory: ControlVolumes {
    let volume = try? Volume.open(path: ".")

    var durabilityWord: String { "none" }
    func volume(named name: String) throws(ControlError) -> Volume? { volume }
    func writer(of volume: Volume, named name: String, job: String, user: [UInt8]) throws(VolumeError) -> String? {
        nil
    }
}

private let volumes = WorkingDirectory()

/// Takes the bytes for all that a peer reports: as an unauthenticated client of either side, then as one that was
/// admitted.
func examineConversation(_ bytes: [UInt8]) {
    _ = try? ControlLogin.admit(
        ControlChannel(ScriptedStream(bytes)),
        password: { $0 == Array("user".utf8) ? SecretBytes("open sesame") : nil },
        pause: { _ in }
    )
    let identity = ControlLogin.Identity(user: "user", password: SecretBytes("open sesame"))
    _ = try? ControlLogin.enter(ControlChannel(ScriptedStream(bytes)), as: identity)

    let channel = ControlChannel(ScriptedStream(bytes))
    // The larger buffer takes longer to make than most conversations to read.
    if bytes.count > ControlChannel.largestBeforeLogin { channel.trustPeer() }
    let context = ControlContext(
        channel: channel,
        deadline: .now + .seconds(20),
        volumes: volumes
    )
    while let frame = try? channel.frame(by: .now + .seconds(20), "anything") {
        guard case .message(let message) = frame else { continue }
        switch message["request"]?.asText {
        case SizesRequest.name: _ = try? SizesRequest.answer(message, context)
        case ThroughputRequest.name: _ = try? ThroughputRequest.answer(message, context)
        case QuietRequest.name: _ = try? QuietRequest.answer(message, context)
        default:
            if let facts = try? TargetFacts(answer: message) {
                examineFacts(facts, [1 << 40, 1_000_000, 1 << 30, 4096])
            }
        }
    }
}

/// Reads a text; what it stands for must be the same after writing and reading.
func examineJSON(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    guard let again = try? JSONValue(parsing: Array(value.encoded.utf8)) else {
        return demand(false, "what was written can be read: \(value.encoded)")
    }
    demand(isSame(value, again), "what was read again is the same: \(value.encoded)")
}

/// Whether two values are the same but for decimals, which are rounded in writing.
private func isSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    switch (one, other) {
    case (.text(let one), .text(let other)): one.utf8.elementsEqual(other.utf8)
    case (.integer(let one), .integer(let other)): one == other
    case (.flag(let one), .flag(let other)): one == other
    case (.null, .null), (.decimal, .decimal), (.decimal, .null): true
    case (.list(let one), .list(let other)): one.count == other.count && zip(one, other).allSatisfy(isSame)
    case (.object(let one), .object(let other)):
        one.count == other.count && zip(one, other).allSatisfy { $0.0 == $1.0 && isSame($0.1, $1.1) }
    default: false
    }
}
