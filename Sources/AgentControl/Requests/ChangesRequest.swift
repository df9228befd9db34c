import LinuxSystem
package import VolumeAccess

/// The entries of a volume that were changed after a moment: their content, name, owner or any other attribute.
///
///     S>T  {"request":"changes","volume":NAME,"seconds":NUMBER,"nanoseconds":NUMBER}, the moment by the target's clock, since 1970
///     T>S  {"scanned":NUMBER}, every few seconds while it looks
///     T>S  {"changed":NUMBER,"first":[PATH, ...]}, printable paths of the first ones
///
/// The time of the last change (`st_ctime`) cannot be set by programs. That of the top directory does not count:
/// it changes when a volume is mounted or given to a group.
enum ChangesRequest: ControlRequest {
    static let name = "changes"
    static let limit = Duration.seconds(3600)
    /// How often the source learns that the target is still looking.
    static let interval = Duration.seconds(5)
    /// How many changed entries are counted; a volume that has them has been changed, whatever else there is.
    static let most = 1000
    /// How many paths are sent.
    static let listed = 5

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let name = arguments["volume"]?.asText, let volume = try context.volumes.volume(named: name) else {
            throw .refused("no such volume")
        }
        let reader = AnswerReader(members: arguments)
        let moment = Timestamp(
            seconds: try reader.figure("seconds", in: 0...Int64.max),
            nanoseconds: Int32(try reader.figure("nanoseconds", in: 0...999_999_999))
        )
        var search = ChangeSearch(after: moment)
        var told = ContinuousClock.now
        try search.run(in: volume) { (scanned) throws(ControlError) in
            guard .now < context.deadline else { throw .refused("the volume takes too long to examine") }
            guard .now - told >= interval else { return }
            try context.channel.send([("scanned", .integer(scanned))])
            told = .now
        }
        return [
            ("changed", .integer(Int64(search.changed))),
            ("first", .list(search.first.map { .text(PrintableText.escaped($0, limit: PrintableText.usualLimit)) })),
        ]
    }
}

/// Looks through a volume, depth first: it holds the names of the directories on the way to where it is.
struct ChangeSearch {
    /// A directory with others below it that have not been looked at.
    private struct Level {
        let path: [UInt8]
        let listing: DirectoryListing
        var directories: [Int]
    }

    private let moment: Timestamp
    private var levels: [Level] = []
    /// The entries that were looked at.
    private(set) var scanned: Int64 = 0
    /// Those that were changed.
    private(set) var changed = 0
    /// The paths of the first of them.
    private(set) var first: [[UInt8]] = []

    /// Prepares.
    init(after moment: Timestamp) { self.moment = moment }

    /// Looks through a volume, until enough changes are found.
    ///
    /// - Parameters:
    ///   - volume: The volume.
    ///   - tell: Told before each entry how many were looked at.
    /// - Throws: What `tell` does.
    mutating func run(in volume: Volume, _ tell: (Int64) throws(ControlError) -> Void) throws(ControlError) {
        try examine([], in: volume, tell)
        while changed < ChangesRequest.most, let level = levels.last {
            guard let index = levels[levels.count - 1].directories.popLast() else {
                levels.removeLast()
                continue
            }
            let separator = level.path.isEmpty ? [] : [PathParts.separator]
            try examine(level.path + separator + Array(level.listing.nameBytes(index)), in: volume, tell)
        }
    }

    /// Looks at the entries of a directory; those that are directories are looked through later.
    private mutating func examine(
        _ path: [UInt8],
        in volume: Volume,
        _ tell: (Int64) throws(ControlError) -> Void
    ) throws(ControlError) {
        // What vanishes or cannot be listed is left to the pass, which reports it.
        guard let directory = try? volume.directory(path.span), let listing = try? directory.list() else { return }
        var level = Level(path: path, listing: listing, directories: [])
        for index in 0..<listing.count where changed < ChangesRequest.most {
            try tell(scanned)
            let name = listing.name(index)
            guard let status = try? directory.status(of: name) else { continue }
            scanned += 1
            if status.isDirectory, !status.isMountRoot { level.directories.append(index) }
            guard status.changed > moment else { continue }
            changed += 1
            if first.count < ChangesRequest.listed { first.append(directory.path(of: name)) }
        }
        if !level.directories.isEmpty { levels.append(level) }
    }
}

/// What was changed in a volume of the target.
package struct TargetChanges: Equatable, Sendable {
    /// How many entries; at most 1000 are counted.
    package let count: Int
    /// The first of them, printable.
    package let first: [String]
}

extension ControlClient {
    /// Asks what was changed in a volume.
    ///
    /// - Parameters:
    ///   - volume: The volume's name at the target.
    ///   - moment: After which moment, by the target's clock.
    /// - Returns: What was changed.
    /// - Throws: ``ControlError``; ``ControlError/unknownRequest(_:)`` of an older target.
    package func changes(inVolume volume: String, after moment: Timestamp) throws(ControlError) -> TargetChanges {
        try begin(
            ChangesRequest.name,
            [
                ("volume", .text(volume)), ("seconds", .integer(moment.seconds)),
                ("nanoseconds", .integer(Int64(moment.nanoseconds))),
            ]
        )
        let deadline = ContinuousClock.now + ChangesRequest.limit + .seconds(10)
        while true {
            let answer = try answer(to: ChangesRequest.name, within: ChangesRequest.interval + .seconds(30))
            if let changes = try Self.changes(in: answer) { return changes }
            guard .now < deadline else { throw .silent(awaited: "the answer to \"\(ChangesRequest.name)\"") }
        }
    }

    /// Reads an answer; nil for one that says that the target is still looking.
    static func changes(in answer: JSONValue) throws(ControlError) -> TargetChanges? {
        let reader = AnswerReader(members: answer)
        if answer["changed"] == nil, try reader.optionalFigure("scanned", in: 0...Int64.max) != nil { return nil }
        let count = try reader.figure("changed", in: 0...Int64.max)
        var first: [String] = []
        if case .list(let paths)? = answer["first"] { first = paths.compactMap(\.asText) }
        return TargetChanges(
            count: Int(count),
            first: first.prefix(ChangesRequest.listed).map { PrintableText.ofPeer($0) }
        )
    }
}
