import FileMetadata
import Glibc
import RsyncOptions
import RsyncWire

extension SessionState {
    /// Which extended attributes are preserved; nil for none (no `-X`).
    static func attributeNames(_ options: TransferOptions) -> AttributeNameRules? {
        guard options.attributes.extended > 0 else { return nil }
        return AttributeNameRules(
            isSuper: options.attributes.privileges.isSuper(asRoot: geteuid() == 0),
            isSimulated: options.attributes.privileges == .simulated,
            includesOwn: options.attributes.extended > 1,
            leavingOut: options.attributes.attributesLeftOut,
            filter: attributeFilter(options.selection.filters)
        )
    }

    private static func attributeFilter(_ filters: FilterList) -> AttributeFilter? {
        guard filters.concernsAttributes else { return nil }
        return AttributeFilter { name, isSending in
            filters.excludes(attribute: name, side: isSending ? .sender : .receiver)
        }
    }

    /// Whether an item with these flags is followed by values of extended attributes, or by a request for them (protocol
    /// specification, transfer 8.2).
    func carriesValues(_ flags: ItemFlags) -> Bool {
        guard attributeNames != nil, flags.contains(.reportAttributes), execution.bringsContent else { return false }
        let isLink = flags.contains(.nameFollows) && flags.contains(.localChange)
        return !isLink || !parameters.omitsValuesOfLinks
    }

    /// Stores the values that the sender sends for an entry.
    ///
    /// - Parameters:
    ///   - input: The stream, after an item.
    ///   - set: The entry's attributes.
    /// - Throws: ``WireError`` with exit code 2 for a value that was not requested, 22 when there are too many.
    func readValues(from input: WireInput, into set: ExtendedAttributeSet) throws(WireError) {
        let limit = options.limits.listMemory ?? FileListLimits.standard.bytes
        var values: [(place: Int, value: [UInt8])] = []
        try AttributeValues.readAnswer(from: input) { (place, value) throws(WireError) in
            guard set.awaits(place) else {
                throw .violation("the sender sent an extended attribute that was not requested", exitCode: 2)
            }
            metadata.count(valueBytes: value.count)
            guard metadata.footprint <= limit else {
                throw .violation("the extended attributes exceed the memory limit of \(limit) bytes", exitCode: 22)
            }
            values.append((place, value))
        }
        set.fill(values)
    }
}
