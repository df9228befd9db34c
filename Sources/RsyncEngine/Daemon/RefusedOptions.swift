import RsyncOptions
import RsyncWire

/// The options that a module's `refuse options` may name (protocol specification, session 11.6).
enum RefusedOptions {
    private struct Entry: Sendable {
        let names: [String]
        let isUsed: @Sendable (ServerArguments) -> Bool

        init(_ names: String, _ isUsed: @escaping @Sendable (ServerArguments) -> Bool) {
            self.names = names.split(separator: " ").map(String.init)
            self.isUsed = isUsed
        }
    }

    private static let entries: [Entry] = [
        Entry("delete delete-during del") { $0.options.deletion.isOn },
        Entry("checksum c") { $0.options.comparison.checksum },
        Entry("compress z") { $0.options.wire.compress },
        Entry("hard-links H") { $0.options.attributes.hardLinks },
        Entry("inplace") { $0.options.placement.inPlace },
        Entry("whole-file W") { $0.options.wire.wholeFile == true },
        Entry("partial") { $0.options.placement.partial },
        Entry("sparse S") { $0.options.placement.sparse },
        Entry("devices") { $0.options.attributes.devices },
        Entry("specials") { $0.options.attributes.specials },
        Entry("D") { $0.options.attributes.devices || $0.options.attributes.specials },
        Entry("owner o") { $0.options.attributes.owner },
        Entry("group g") { $0.options.attributes.group },
        Entry("perms p") { $0.options.attributes.permissions },
        Entry("times t") { $0.options.attributes.times },
        Entry("links l") { $0.options.attributes.links },
        Entry("recursive r") { $0.options.selection.recursive },
        Entry("ignore-times I") { $0.options.comparison.ignoreTimes },
        Entry("size-only") { $0.options.comparison.sizeOnly },
        Entry("modify-window @") { $0.options.comparison.modifyWindow != nil },
        Entry("numeric-ids") { $0.options.attributes.numericIDs },
        Entry("ignore-errors") { $0.options.deletion.ignoreErrors },
        Entry("bwlimit") { $0.options.wire.bandwidthLimit > 0 },
    ]

    /// Whether a name of the configuration is known.
    static func knows(_ name: String) -> Bool { entries.contains { $0.names.contains(name) } }

    /// The first refused option among a client's arguments.
    ///
    /// - Returns: The refusal that the client is told; nil when there is none.
    static func refusal(of names: [String], in arguments: ServerArguments) -> EngineError? {
        for entry in entries where entry.isUsed(arguments) {
            guard entry.names.contains(where: { names.contains($0) }) else { continue }
            let letter = entry.names.count > 1 && entry.names[1].count == 1 ? " (-\(entry.names[1]))" : ""
            let name = entry.names[0].count == 1 ? "-\(entry.names[0])" : "--\(entry.names[0])"
            return .usage("rsync: The server is configured to refuse \(name)\(letter)", exitCode: 4)
        }
        return nil
    }
}
