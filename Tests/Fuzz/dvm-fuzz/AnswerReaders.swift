import Glibc
@testable import AgentControl
import LinuxSystem
@testable import TransferAgent
import VolumeAccess
@testable import VolumeCapacity
import YAMLDocument

/// Reads a text as the answer to each request of the control channel.
func examineAnswer(_ bytes: [UInt8]) {
    guard let answer = try? JSONValue(parsing: bytes) else { return }
    if let facts = try? TargetFacts(answer: answer) { examineFacts(facts, [1 << 40, 1_000_000, 1 << 30, 4096]) }
    if let sizes = try? ControlClient.sizes(in: answer, count: 2) {
        demand(sizes.count == 2 && sizes.allSatisfy { $0 >= 0 }, "sizes are those asked for, and not negative")
        examinePass(PassMeter([TargetProfile(.ext4)]), sizes)
    }
    if let arrived = try? ControlClient.arrived(in: answer) { examineThroughput(arrived) }
}

/// Takes the bytes for numbers, and those for what a target reports of itself, and for lengths of files of the volume.
func examineFigures(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func number() -> Int64 {
        var value: UInt64 = 0
        for byte in rest.prefix(8) { value = value << 8 | UInt64(byte) }
        rest = rest.dropFirst(8)
        return Int64(bitPattern: value)
    }
    let kinds = ["ext4", "xfs", "btrfs", "nfs4"]
    var members: [(String, JSONValue)] = [
        ("fileSystem", .text(kinds[Int(number() & 3)])), ("readOnly", .flag(number() & 1 == 1)),
        ("empty", .flag(number() & 1 == 1)), ("keepsHoles", .flag(number() & 1 == 1)),
    ]
    let names = [
        "blockSize", "totalBytes", "usedBytes", "freeBytes", "longestName", "totalInodes", "freeInodes", "quotaBytes",
        "largestFile", "linkLimit", "timeGrainNanoseconds", "earliestTime", "latestTime",
    ]
    for name in names { members.append((name, .integer(number()))) }
    let trees = ["freeContentBytes", "treeBytes", "usedTreeBytes", "reserveBytes", "copies"]
    if number() & 1 == 1 { members.append(("btrfs", .object(trees.map { ($0, .integer(number())) }))) }
    let figures = (0..<8).map { _ in number() }
    guard let facts = try? TargetFacts(answer: .object(members)) else { return }
    examineFacts(facts, figures)
}

/// Goes by what a target reports of itself, as the check before a transfer does, up to the texts.
///
/// - Parameters:
///   - facts: What a target sent.
///   - figures: At least four lengths of files, as somebody wrote them into the volume, or a peer told them.
func examineFacts(_ facts: TargetFacts, _ figures: [Int64]) {
    demand(facts.capacity >= 0, "no capacity is negative")
    let profiles = facts.profiles
    for profile in profiles {
        var meter = SpaceMeter(profile)
        var shape = SparseShape(blockSize: profile.blockSize)
        for figure in figures.map({ max(0, $0) }) {
            shape.add(min(figure, .max / 2)..<figure)
            meter.addFile(size: Amount(figure), shape.result)
            meter.addFile(size: Amount(figure))
            meter.addSymbolicLink(length: Amount(figure))
        }
        let candidate = Forecast.Candidate(target: profile, need: meter.total)
        demand(candidate.need.bytes >= 0 && candidate.need.bytesWhileUpdating >= 0, "no need is negative")
        let size = candidate.smallestSize(growth: Amount(max(0, figures[0])), round: 1 << 30)
        demand(size > 0, "a claim is above 0")
        let whole = TargetCheck.Demand(
            bytes: candidate.need.bytesWhileUpdating,
            inodes: candidate.need.inodes + 1,
            treeBytes: candidate.treeBytes
        )
        examineDemand(whole, facts)
    }
    examinePass(PassMeter(profiles), figures, facts)
    examineDemand(
        TargetCheck.Demand(bytes: Amount(figures[1]), inodes: Amount(figures[2]), treeBytes: Amount(figures[3])),
        facts
    )
}

private func examineDemand(_ demanded: TargetCheck.Demand, _ facts: TargetFacts) {
    let check = TargetCheck(tree: TreeFacts(), demand: demanded, target: facts)
    if check.fits { demand(facts.hasSpace(for: demanded), "what fits has room") }
    for finding in check.findings { demand(!finding.text.isEmpty, "a finding has words") }
    for figure in [facts.freeBytesNeeded(for: demanded).value, facts.space.freeBytes, facts.space.totalBytes] {
        _ = Figures.binary(max(0, figure)) + Figures.bytes(figure) + grouped(figure)
    }
}

/// Adds up a pass over files of such lengths, and asks what each way takes.
private func examinePass(_ start: PassMeter, _ figures: [Int64], _ facts: TargetFacts? = nil) {
    var meter = start
    for (number, figure) in figures.enumerated() {
        let name = Array("d/\(number)".utf8)
        meter.addNew(name, .file, size: max(0, figure), stored: figures.last)
        meter.addChanged(size: max(0, figure), allocatedBefore: max(0, figures[0]))
        meter.addRemoved(allocated: max(0, figure))
    }
    for strategy in PassStrategy.allCases {
        let demanded = meter.demand(strategy)
        if let facts { examineDemand(demanded, facts) }
    }
}

private func examineThroughput(_ figure: Throughput.Figure) {
    demand(figure.bytes >= 0 && figure.duration >= .zero, "neither bytes nor time is negative")
    _ = Figures.rate(figure.rate) + Figures.bytes(figure.bytes) + Figures.fixed(figure.duration.inSeconds)
    var meter = RateMeter()
    for (bytes, time) in [(0, 0.5), (figure.bytes, 1), (.max, 1.5), (0, 2)] { meter.add(bytes, at: time) }
}

/// Reads a job file; its lines are those of the text.
func examineJobFile(_ bytes: [UInt8]) {
    guard let document = try? YAMLNode(parsing: bytes) else { return }
    let count = bytes.count + 1
    demand((1...count).contains(document.line), "a line is one of the text's")
    guard let layer = try? JobLayer(job: document, path: "job") else { return }
    demand(Set(layer.volumes.map(\.name)).count == layer.volumes.count, "names of volumes are unique")
    _ = try? Job(layers: [layer]).yaml
}
