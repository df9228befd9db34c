import LinuxSystem
import VolumeAccess
package import VolumeCapacity

/// What a volume of the target can hold.
///
///     S>T  {"request":"volume","name":NAME}
///     T>S  the members of ``TargetFacts/json``; unknown ones are left out
enum VolumeRequest: ControlRequest {
    static let name = "volume"
    static let limit = Duration.seconds(60)

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let name = arguments["name"]?.asText, let volume = try context.volumes.volume(named: name) else {
            throw .refused("no such volume")
        }
        do throws(VolumeError) {
            var facts = try TargetFacts(of: volume)
            facts.durability = context.volumes.durabilityWord
            return facts.json
        } catch {
            throw .refused("the volume cannot be examined: \(error)")
        }
    }
}

extension ControlClient {
    /// Requests what a volume of the target can hold.
    ///
    /// - Parameter name: The volume's name there.
    /// - Returns: The facts.
    /// - Throws: ``ControlError``.
    package func facts(ofVolume name: String) throws(ControlError) -> TargetFacts {
        let answer = try ask(VolumeRequest.name, [("name", .text(name))], within: VolumeRequest.limit + .seconds(10))
        return try TargetFacts(answer: answer)
    }
}

extension TargetFacts {
    private typealias Number = (String, WritableKeyPath<TargetFacts, Int64?>, ClosedRange<Int64>)
    private typealias Flag = (String, WritableKeyPath<TargetFacts, Bool?>)

    /// The optional members and their ranges.
    private static var numbers: [Number] {
        [
            ("totalInodes", \.space.totalInodes, 0...Int64.max), ("freeInodes", \.space.freeInodes, 0...Int64.max),
            ("quotaBytes", \.space.quotaBytes, 0...Int64.max), ("largestFile", \.abilities.largestFile, 0...Int64.max),
            ("linkLimit", \.abilities.linkLimit, 0...Int64.max),
            ("squashedOwner", \.abilities.squashedOwner, 0...Int64(UInt32.max)),
            ("timeGrainNanoseconds", \.abilities.timeGrain, 0...Int64.max),
            ("earliestTime", \.abilities.earliestTime, Int64.min...Int64.max),
            ("latestTime", \.abilities.latestTime, Int64.min...Int64.max),
            ("inodeSize", \.space.inodeSize, 0...Int64.max),
            ("directoryBlockSize", \.space.directoryBlockSize, 0...Int64.max),
        ]
    }

    private static var flags: [Flag] {
        [
            ("foldsCase", \.abilities.foldsCase), ("keepsHoles", \.abilities.keepsHoles),
            ("keepsPermissions", \.abilities.keepsPermissions), ("changesOwner", \.abilities.changesOwner),
            ("userAttributes", \.abilities.userAttributes), ("accessLists", \.abilities.accessLists),
            ("hardLinks", \.abilities.hardLinks), ("symbolicLinks", \.abilities.symbolicLinks),
            ("pipes", \.abilities.pipes), ("devices", \.abilities.devices),
        ]
    }

    /// All members.
    package var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("fileSystem", .text(space.type)), ("blockSize", .integer(space.blockSize)),
            ("totalBytes", .integer(space.totalBytes)), ("usedBytes", .integer(space.usedBytes)),
            ("freeBytes", .integer(space.freeBytes)), ("readOnly", .flag(space.isReadOnly)),
            ("longestName", .integer(space.longestName)), ("empty", .flag(isEmpty)),
            ("smallestFirst", .flag(true)), ("comparesNanoseconds", .flag(true)),
        ]
        if let durability { members.append(("durability", .text(durability))) }
        for (name, path, _) in Self.numbers {
            if let value = self[keyPath: path] { members.append((name, .integer(value))) }
        }
        for (name, path) in Self.flags { if let value = self[keyPath: path] { members.append((name, .flag(value))) } }
        if let btrfs = space.btrfs { members.append(("btrfs", btrfs.json)) }
        if let writer { members.append(("writer", writer.json)) }
        return members
    }

    /// Parses what ``json`` wrote; unknown members are skipped.
    ///
    /// - Parameter answer: An object from a peer.
    /// - Throws: ``ControlError/unusable(_:)`` when a mandatory member is missing or a value is out of range.
    init(answer: JSONValue) throws(ControlError) {
        let reader = AnswerReader(members: answer)
        var space = UsableSpace()
        space.type = PrintableText.escaped(try reader.text("fileSystem"), limit: 40)
        space.blockSize = try reader.figure("blockSize", in: 1...(1 << 30))
        space.totalBytes = try reader.space("totalBytes")
        space.usedBytes = try reader.space("usedBytes")
        space.freeBytes = try reader.space("freeBytes")
        space.isReadOnly = try reader.flag("readOnly")
        space.longestName = try reader.figure("longestName", in: 1...Int64.max)
        space.btrfs = try answer["btrfs"].map { (members) throws(ControlError) in try BtrfsSpace(answer: members) }
        self.init(space: space, abilities: FileSystemAbilities(), isEmpty: try reader.flag("empty"))
        writer = try answer["writer"].map { (members) throws(ControlError) in try VolumeUser(answer: members) }
        durability = answer["durability"]?.asText
        ordersFiles = answer["smallestFirst"]?.asFlag ?? false
        comparesNanoseconds = answer["comparesNanoseconds"]?.asFlag ?? false
        for (name, path, range) in Self.numbers { self[keyPath: path] = try reader.optionalFigure(name, in: range) }
        for (name, path) in Self.flags { self[keyPath: path] = answer[name]?.asFlag }
    }
}

extension BtrfsSpace {
    /// The object with all members.
    fileprivate var json: JSONValue {
        .object([
            ("freeContentBytes", .integer(freeContent)), ("treeBytes", .integer(trees)),
            ("usedTreeBytes", .integer(usedTrees)), ("reserveBytes", .integer(reserve)), ("copies", .integer(copies)),
        ])
    }

    /// Parses what ``json`` wrote.
    fileprivate init(answer: JSONValue) throws(ControlError) {
        let reader = AnswerReader(members: answer)
        self.init(
            freeContent: try reader.space("freeContentBytes"),
            trees: try reader.space("treeBytes"),
            usedTrees: try reader.space("usedTreeBytes"),
            reserve: try reader.space("reserveBytes"),
            copies: try reader.figure("copies", in: 1...4)
        )
        guard usedTrees <= trees else { throw .unusable("usedTreeBytes \(usedTrees) is more than treeBytes \(trees)") }
    }
}

extension VolumeUser {
    /// The object with all members.
    fileprivate var json: JSONValue {
        let members: [(String, JSONValue)] = [
            ("user", .integer(user)), ("groups", .list(groups.map { .integer($0) })),
            ("capabilities", .list(capabilities.map { .text($0) })), ("topOwner", .integer(topOwner)),
            ("topGroup", .integer(topGroup)), ("topPermissions", .integer(topPermissions)),
        ]
        return .object(members + (isWritable.map { [("writable", .flag($0))] } ?? []))
    }

    /// Parses what ``json`` wrote.
    fileprivate init(answer: JSONValue) throws(ControlError) {
        let reader = AnswerReader(members: answer)
        let numbers = 0...Int64(UInt32.max)
        guard case .list(let groups)? = answer["groups"], case .list(let capabilities)? = answer["capabilities"],
            groups.count <= 1 << 16, capabilities.count <= 64
        else { throw .unusable("writer has no groups or capabilities") }
        self.init(
            user: try reader.figure("user", in: numbers),
            groups: groups.compactMap(\.asInteger).filter(numbers.contains),
            capabilities: capabilities.compactMap(\.asText),
            topOwner: try reader.figure("topOwner", in: numbers),
            topGroup: try reader.figure("topGroup", in: numbers),
            topPermissions: try reader.figure("topPermissions", in: 0...0o7777)
        )
        isWritable = answer["writable"]?.asFlag
    }
}
