import Checksums

/// Compares two manifests step by step; memory grows with the depth of the trees alone.
///
/// Used by one thread.
package struct ManifestComparison {
    private let fields: ComparedFields
    private let report: (Difference) -> Void
    private var first: Side
    private var second: Side
    private let function: TreeHashFunction
    /// The path of the directory that both sides are in.
    private var path: [UInt8] = []
    /// How many differences were found, without those that do not count.
    package private(set) var count = 0

    /// A manifest with one step looked at ahead.
    private struct Side {
        let stream: any ManifestStream
        var item: ManifestItem?

        init(_ stream: any ManifestStream) throws(VerificationError) {
            self.stream = stream
            item = try stream.next()
        }

        mutating func advance() throws(VerificationError) { item = try stream.next() }

        /// The record that is ahead; nil at the end of a directory.
        var record: ([UInt8], EntryNotes)? {
            switch item {
            case .entry(let record, let notes), .enter(let record, let notes): (record, notes)
            case .leave, nil: nil
            }
        }

        /// Whether a directory ends that was changed while it was gone through.
        var isChangingDirectory: Bool { if case .leave(_, true) = item { true } else { false } }

        var isDirectory: Bool { if case .enter = item { true } else { false } }
    }

    /// Prepares a comparison.
    ///
    /// - Parameters:
    ///   - first: One side, such as the source.
    ///   - second: The other.
    ///   - fields: What is compared.
    ///   - report: Gets each difference, in the order of the manifests.
    /// - Throws: ``VerificationError``.
    package init(
        _ first: any ManifestStream,
        _ second: any ManifestStream,
        _ fields: ComparedFields,
        report: @escaping (Difference) -> Void
    ) throws(VerificationError) {
        guard first.function == second.function else {
            throw .differentFunctions(first.function.rawValue, second.function.rawValue)
        }
        function = first.function
        self.fields = fields
        self.report = report
        self.first = try Side(first)
        self.second = try Side(second)
    }

    /// Compares to the end.
    ///
    /// - Returns: How many differences there are; the two are equal when there are none and both ``ManifestTotals/isWhole``.
    /// - Throws: ``VerificationError``.
    package mutating func run() throws(VerificationError) -> Int {
        try compareRoots()
        var lengths = [0]
        while !lengths.isEmpty {
            switch (first.record, second.record) {
            case (nil, nil):
                if first.isChangingDirectory || second.isChangingDirectory {
                    note(path, .changing(first: first.isChangingDirectory, second: second.isChangingDirectory))
                }
                try advance()
                lengths.removeLast()
                path.removeLast(path.count - (lengths.last ?? 0))
            case (_, nil): try skip(.first)
            case (nil, _): try skip(.second)
            case (let one?, let other?):
                let (record, otherRecord) = (
                    try ManifestRecord(one.0, function), try ManifestRecord(other.0, function)
                )
                if record.name == otherRecord.name {
                    let enters = first.isDirectory && second.isDirectory
                    compare(record, otherRecord, one.1, other.1, at: path(record.name))
                    if enters {
                        path = path(record.name)
                        lengths.append(path.count)
                        try advance()
                    } else {
                        // What one side has below a directory that the other has not is named with the rest.
                        try skip(.first, isNamed: false)
                        try skip(.second, isNamed: false)
                    }
                } else if record.name.lexicographicallyPrecedes(otherRecord.name) {
                    try skip(.first)
                } else {
                    try skip(.second)
                }
            }
        }
        let (one, other) = (first.stream.totals, second.stream.totals)
        // A net below the comparison of entries: equal entries have equal digests.
        if fields == .all, count == 0, one.isWhole, other.isWhole, one.root != other.root {
            throw .malformed("the roots differ although no entry does")
        }
        return count
    }

    private mutating func advance() throws(VerificationError) {
        try first.advance()
        try second.advance()
    }

    private func path(_ name: [UInt8]) -> [UInt8] {
        path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
    }

    private mutating func note(_ path: [UInt8], _ kind: Difference.Kind) {
        let difference = Difference(path: path, kind: kind)
        if difference.counts { count += 1 }
        report(difference)
    }

    private mutating func compareRoots() throws(VerificationError) {
        guard let one = first.record, let other = second.record else { throw .malformed("it has no root") }
        let (record, otherRecord) = (try ManifestRecord(one.0, function), try ManifestRecord(other.0, function))
        compare(record, otherRecord, one.1, other.1, at: [], isCompared: fields.contains(.root))
        try advance()
    }

    private mutating func compare(
        _ record: ManifestRecord,
        _ other: ManifestRecord,
        _ notes: EntryNotes,
        _ otherNotes: EntryNotes,
        at path: [UInt8],
        isCompared: Bool = true
    ) {
        if notes.isUnreadable || otherNotes.isUnreadable {
            note(path, .unreadable(first: notes.isUnreadable, second: otherNotes.isUnreadable))
        }
        if notes.isChanging || otherNotes.isChanging {
            note(path, .changing(first: notes.isChanging, second: otherNotes.isChanging))
        }
        guard isCompared else { return }
        let found = record.differences(from: other, fields)
        if !found.isEmpty { note(path, .changed(found)) }
        if notes.holes != otherNotes.holes, fields.contains(.content) {
            note(path, .holes(first: notes.holes, second: otherNotes.holes))
        }
    }

    /// Goes past an entry that only one side has, or that is of another type on the other, and what is below it.
    ///
    /// - Parameters:
    ///   - which: The side that has it.
    ///   - isNamed: Whether the entry itself is reported; what is below it always is.
    /// - Throws: ``VerificationError``.
    private mutating func skip(_ which: Which, isNamed: Bool = true) throws(VerificationError) {
        let outer = path
        defer { path = outer }
        var lengths: [Int] = []
        repeat {
            let side = self[which]
            guard let record = side.record else {
                // The end of a directory below the entry.
                lengths.removeLast()
                path.removeLast(path.count - (lengths.last ?? outer.count))
                try advance(which)
                continue
            }
            let place = path(try ManifestRecord(record.0, function).name)
            if isNamed || !lengths.isEmpty { note(place, which == .first ? .missing : .extra) }
            if side.isDirectory {
                path = place
                lengths.append(path.count)
            }
            try advance(which)
        } while !lengths.isEmpty
    }

    private enum Which {
        case first
        case second
    }

    private subscript(which: Which) -> Side { which == .first ? first : second }

    private mutating func advance(_ which: Which) throws(VerificationError) {
        if which == .first { try first.advance() } else { try second.advance() }
    }
}
