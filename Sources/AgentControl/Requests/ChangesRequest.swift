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
        while search.goOn(in: volume) {
            guard .now < context.deadline else { throw .refused("the volume takes too long to examine") }
            guard .now - told >= interval else { continue }
            try context.channel.send([("scanned", .integer(search.scanned))])
            told = .now
        }
        return [
            ("changed", .integer(Int64(search.changed))),
            ("first", .list(search.first.map { .text(PrintableText.escaped($0, limit: PrintableText.usualLimit)) })),
        ]
    }
}

/// Looks through a volume, one directory at a time.
struct ChangeSearch {
    private let moment: Timestamp
    private var waiting: [[UInt8]] = [[]]
    /// The entries that were looked at.
    private(set) var scanned: Int64 = 0
    /// Those that were changed.
    private(set) var changed = 0
    /// The paths of the first of them.
    private(set) var first: [[UInt8]] = []

    /// Begins at the top.
    init(after moment: Timestamp) { self.moment = moment }

    /// Looks through the next directory.
    ///
    /// - Parameter volume: The volume.
    /// - Returns: Whether there is more to look at.
    mutating func goOn(in volume: Volume) -> Bool {
        guard changed < ChangesRequest.most, let path = waiting.popLast() else { return false }
        // What vanishes or cannot be listed is left to the pass, which reports it.
        guard let directory = try? volume.directory(path.span), let listing = try? directory.list() else { return true }
        for index in 0..<listing.count where changed < ChangesRequest.most {
            let name = listing.name(index)
            guard let status = try? directory.status(of: name) else { continue }
            scanned += 1
            let whole = directory.path(of: name)
            if status.isDirectory, !status.isMountRoot { waiting.append(whole) }
            guard status.changed > moment else { continue }
            changed += 1
            if first.count < ChangesRequest.listed { first.append(whole) }
        }
        return true
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
