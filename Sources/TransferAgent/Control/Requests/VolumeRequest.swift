import VolumeAccess
import VolumeCapacity

/// What a volume of the target can take.
///
///     S>T  {"request":"volume","name":NAME}
///     T>S  the members of ``TargetFacts/json``; what is not known is left out
enum VolumeRequest: ControlRequest {
    static let name = "volume"
    static let limit = Duration.seconds(60)

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let name = arguments["name"]?.asText, let volume = context.volume(name) else {
            throw .refused("there is no such volume here")
        }
        do throws(VolumeError) {
            var facts = try TargetFacts(of: volume)
            facts.durability = context.durability.rawValue
            return facts.json
        } catch {
            throw .refused("the volume cannot be examined: \(error)")
        }
    }
}

extension ControlClient {
    /// Asks what a volume of the target can take.
    ///
    /// - Parameter name: The volume's name there.
    /// - Returns: The facts.
    /// - Throws: ``ControlError``.
    func facts(ofVolume name: String) throws(ControlError) -> TargetFacts {
        let answer = try ask(VolumeRequest.name, [("name", .text(name))], within: VolumeRequest.limit + .seconds(10))
        guard let facts = TargetFacts(json: answer) else {
            throw .broken("the facts of a volume lack a member")
        }
        return facts
    }
}

extension TargetFacts {
    private typealias Number = (String, WritableKeyPath<TargetFacts, Int64?>)
    private typealias Flag = (String, WritableKeyPath<TargetFacts, Bool?>)

    private static var numbers: [Number] {
        [
            ("totalInodes", \.space.totalInodes), ("freeInodes", \.space.freeInodes),
            ("quotaBytes", \.space.quotaBytes), ("largestFile", \.abilities.largestFile),
            ("linkLimit", \.abilities.linkLimit), ("timeGrainNanoseconds", \.abilities.timeGrain),
            ("earliestTime", \.abilities.earliestTime), ("latestTime", \.abilities.latestTime),
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

    /// The members that say it all.
    var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("fileSystem", .text(space.type)), ("blockSize", .integer(space.blockSize)),
            ("totalBytes", .integer(space.totalBytes)), ("usedBytes", .integer(space.usedBytes)),
            ("freeBytes", .integer(space.freeBytes)), ("readOnly", .flag(space.isReadOnly)),
            ("longestName", .integer(space.longestName)), ("empty", .flag(isEmpty)),
            ("smallestFirst", .flag(true)), ("comparesNanoseconds", .flag(true)),
        ]
        if let durability { members.append(("durability", .text(durability))) }
        for (name, path) in Self.numbers {
            if let value = self[keyPath: path] { members.append((name, .integer(value))) }
        }
        for (name, path) in Self.flags { if let value = self[keyPath: path] { members.append((name, .flag(value))) } }
        if let btrfs = space.btrfs { members.append(("btrfs", btrfs.json)) }
        return members
    }

    /// Reads what ``json`` wrote.
    ///
    /// Nil when a member is missing that always comes, or a figure makes no sense.
    ///
    /// - Parameter json: An object of a peer; members that are not known are skipped.
    init?(json: JSONValue) {
        guard let type = json["fileSystem"]?.asText, let blockSize = json["blockSize"]?.asInteger,
            let total = json["totalBytes"]?.asInteger, let used = json["usedBytes"]?.asInteger,
            let free = json["freeBytes"]?.asInteger, let isReadOnly = json["readOnly"]?.asFlag,
            let longestName = json["longestName"]?.asInteger, let isEmpty = json["empty"]?.asFlag,
            (1...(1 << 30)).contains(blockSize), total >= 0, used >= 0, free >= 0, longestName > 0
        else { return nil }
        var space = UsableSpace()
        space.type = type
        space.blockSize = blockSize
        space.totalBytes = total
        space.usedBytes = used
        space.freeBytes = free
        space.isReadOnly = isReadOnly
        space.longestName = longestName
        self.init(space: space, abilities: FileSystemAbilities(), isEmpty: isEmpty)
        durability = json["durability"]?.asText
        ordersFiles = json["smallestFirst"]?.asFlag ?? false
        comparesNanoseconds = json["comparesNanoseconds"]?.asFlag ?? false
        for (name, path) in Self.numbers { self[keyPath: path] = json[name]?.asInteger }
        for (name, path) in Self.flags { self[keyPath: path] = json[name]?.asFlag }
        self.space.btrfs = json["btrfs"].flatMap { BtrfsSpace(json: $0) }
        guard self.space.freeInodes ?? 0 >= 0, self.space.totalInodes ?? 0 >= 0 else { return nil }
    }
}

extension BtrfsSpace {
    private static let largest: Int64 = 1 << 60

    /// The object that says it all.
    fileprivate var json: JSONValue {
        .object([
            ("freeContentBytes", .integer(freeContent)), ("treeBytes", .integer(trees)),
            ("usedTreeBytes", .integer(usedTrees)), ("reserveBytes", .integer(reserve)), ("copies", .integer(copies)),
        ])
    }

    /// Reads what ``json`` wrote; nil when a member is missing, or a figure makes no sense.
    fileprivate init?(json: JSONValue) {
        guard let freeContent = json["freeContentBytes"]?.asInteger, let trees = json["treeBytes"]?.asInteger,
            let usedTrees = json["usedTreeBytes"]?.asInteger, let reserve = json["reserveBytes"]?.asInteger,
            let copies = json["copies"]?.asInteger, (1...4).contains(copies),
            [freeContent, trees, usedTrees, reserve].allSatisfy({ (0...Self.largest).contains($0) })
        else { return nil }
        self.init(freeContent: freeContent, trees: trees, usedTrees: usedTrees, reserve: reserve, copies: copies)
    }
}
