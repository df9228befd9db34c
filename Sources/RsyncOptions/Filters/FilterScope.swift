import LinuxSystem

/// What is asked of the rules about a name.
struct FilterQuery {
    let isDirectory: Bool
    let side: FilterRule.Sides
    let isInDeletedDirectory: Bool
    let root: [UInt8]

    init(isDirectory: Bool, side: FilterRule.Sides, _ isInDeletedDirectory: Bool, root: [UInt8]) {
        self.isDirectory = isDirectory
        self.side = side
        self.isInDeletedDirectory = isInDeletedDirectory
        self.root = root
    }
}

/// The rules of per-directory merge files that are in force in one directory (rsync(1), "MERGE-FILE FILTER RULES").
///
/// A value for each directory: that of a subdirectory is made from its parent's.
package struct FilterScope: Sendable {
    /// The absolute path of the transfer's root, without slashes at its ends.
    let root: [UInt8]
    /// For each merge rule of the list, in order, the rules of its files.
    var merges: [MergedRules] = []

    /// Makes the scope of a directory without merge files.
    ///
    /// - Parameter root: The absolute path of the transfer's root, without slashes at its ends.
    package init(root: [UInt8] = []) { self.root = root }
}

/// The rules of one merge rule's files in a directory: its own first, then those it inherits.
struct MergedRules: Sendable {
    /// A rule, and the directory whose file has it.
    struct Scoped: Sendable {
        let rule: FilterRule
        let anchor: FilterAnchor
        /// The rules of its files, when the rule is itself one for a file in each directory.
        var nested: [MergedRules] = []
    }

    var rules: [Scoped] = []

    /// Finds the rule that decides.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's root, without slashes at its ends.
    ///   - query: What is asked about it.
    ///   - merge: The merge rule.
    /// - Returns: The first matching rule; nil without one.
    func match(_ name: Span<UInt8>, _ query: FilterQuery, of merge: DirectoryMerge) -> FilterMatch? {
        for index in rules.indices {
            if let inner = rules[index].rule.merge {
                for nested in rules[index].nested {
                    if let match = nested.match(name, query, of: inner) { return match }
                }
                continue
            }
            let rule = rules[index].rule
            guard rule.sides.contains(query.side), !rule.traits.namesAttributes else { continue }
            if query.isInDeletedDirectory, rule.isPerishable { continue }
            if rule.matches(name, isDirectory: query.isDirectory, anchor: rules[index].anchor, root: query.root) {
                return FilterMatch(rule: rule, file: merge.name)
            }
        }
        return nil
    }
}

/// Makes the scopes of directories from their merge files.
package struct FilterScopes {
    /// Reads a directory's merge file by its name; nil if there is none.
    package typealias FileOfDirectory = (_ name: [UInt8]) throws(FilterError) -> [UInt8]?

    /// The most rules that are in force in one directory by merge files.
    private static let ruleLimit = 16384

    private let list: FilterList
    private let side: FilterRule.Sides
    private let reader: FilterReader
    /// Whether rules that name no side concern the sender only (`--delete-excluded`).
    private let limitsUnqualified: Bool

    /// Prepares to read merge files.
    ///
    /// - Parameters:
    ///   - list: The transfer's rules.
    ///   - side: The side that asks.
    ///   - reader: Reads what the files name.
    ///   - limitsUnqualified: Whether rules that name no side concern the sender only (`--delete-excluded`).
    package init(_ list: FilterList, side: FilterRule.Sides, reader: FilterReader, limitsUnqualified: Bool) {
        self.list = list
        self.side = side
        self.reader = reader
        self.limitsUnqualified = limitsUnqualified
    }

    /// Whether there are merge files to look for.
    package var areNeeded: Bool { list.rules.contains { $0.merge != nil && $0.sides.contains(side) } }

    /// The merge rules that begin above the transfer's root, and where.
    package var starts: [[UInt8]] { list.rules.compactMap { $0.sides.contains(side) ? $0.merge?.start : nil } }

    /// The scope of a directory.
    ///
    /// - Parameters:
    ///   - parent: The scope of the directory above it.
    ///   - anchor: The directory's place.
    ///   - path: The directory's path, for messages.
    ///   - concerns: Whether a merge rule looks for a file here; nil for every one.
    ///   - file: Reads a file of it.
    /// - Returns: The rules that are in force there.
    /// - Throws: ``FilterError`` for an invalid rule, or too many.
    package func scope(
        below parent: FilterScope,
        anchor: FilterAnchor,
        path: String,
        where concerns: ((DirectoryMerge) -> Bool)? = nil,
        reading file: @escaping FileOfDirectory
    ) throws(FilterError) -> FilterScope {
        var scope = FilterScope(root: parent.root)
        var place = Place(anchor: anchor, path: path, concerns: concerns, file: file)
        var number = 0
        for rule in list.rules {
            guard let merge = rule.merge else { continue }
            let inherited = number < parent.merges.count ? parent.merges[number] : MergedRules()
            number += 1
            scope.merges.append(
                rule.sides.contains(side) ? try merged(merge, inherited, &place) : MergedRules()
            )
        }
        return scope
    }

    private struct Place {
        let anchor: FilterAnchor
        let path: String
        let concerns: ((DirectoryMerge) -> Bool)?
        let file: FileOfDirectory
        var count = 0
        /// The merge rules that are being followed: a file that names itself is read once.
        var open: [[UInt8]] = []
    }

    private func merged(
        _ merge: DirectoryMerge,
        _ inherited: MergedRules,
        _ place: inout Place
    ) throws(FilterError) -> MergedRules {
        var result = MergedRules()
        guard !place.open.contains(merge.name) else { return result }
        place.open.append(merge.name)
        defer { place.open.removeLast() }
        var keepsInherited = !merge.format.isLocal
        if place.concerns?(merge) ?? true, let contents = try place.file(merge.name) {
            let name = place.path + "/" + PrintableText.ofPeer(merge.name)
            let (rules, clears) = try reader.rules(of: contents, merge, named: name)
            if clears { keepsInherited = false }
            for var rule in rules {
                if limitsUnqualified, rule.namedSides.isEmpty, rule.merge == nil { rule.traits.sides = .sender }
                var scoped = MergedRules.Scoped(rule: rule, anchor: place.anchor)
                if let inner = rule.merge { scoped.nested = [try merged(inner, MergedRules(), &place)] }
                result.rules.append(scoped)
                place.count += 1
            }
        }
        if keepsInherited { try inherit(inherited, &place, to: &result) }
        guard result.rules.count + place.count <= Self.ruleLimit else {
            throw FilterError("more than \(Self.ruleLimit) rules in the merge files for \(place.path)", exitCode: 22)
        }
        return result
    }

    private func inherit(
        _ inherited: MergedRules,
        _ place: inout Place,
        to result: inout MergedRules
    ) throws(FilterError) {
        for var scoped in inherited.rules {
            if let inner = scoped.rule.merge {
                var nested: [MergedRules] = []
                for rules in scoped.nested { nested.append(try merged(inner, rules, &place)) }
                scoped.nested = nested
            }
            result.rules.append(scoped)
        }
    }
}
