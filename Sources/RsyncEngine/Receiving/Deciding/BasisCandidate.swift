import RsyncOptions
import RsyncWire
import VolumeAccess

/// Where a file is that may serve as an entry's content, or as the basis of its delta (protocol specification,
/// transfer 10).
enum BasisPlace: Hashable, Sendable {
    /// At the entry's own name.
    case destination
    /// What an interrupted transfer left of it.
    case partial
    /// The backup that was made of it.
    case backup
    /// Under its name in an alternate directory, by number.
    case alternate(Int)
    /// Under a similar name in its own directory.
    case fuzzy([UInt8])
    /// Under a similar name in an alternate directory.
    case fuzzyAlternate(Int, [UInt8])

    /// The kind of basis on the wire.
    var code: UInt8 {
        switch self {
        case .destination: Item.Basis.destination
        case .partial: Item.Basis.partialDirectory
        case .backup: Item.Basis.backup
        case .alternate(let number): UInt8(number)
        case .fuzzy: Item.Basis.fuzzy
        case .fuzzyAlternate(let number, _): Item.Basis.fuzzy + 1 + UInt8(number)
        }
    }

    /// The name on the wire; empty for none.
    var name: [UInt8] {
        switch self {
        case .destination, .partial, .backup, .alternate: []
        case .fuzzy(let name), .fuzzyAlternate(_, let name): name
        }
    }
}

/// An existing entry besides that at an entry's own name.
struct BasisCandidate: Sendable {
    let place: BasisPlace
    let status: FileStatus
    /// How its content compares, if ``DecisionRules/readsContent(of:for:)`` requires it.
    var content = Candidate.Content.unread
    /// How its ACLs and extended attributes compare, if they are preserved.
    var metadata: CandidateMetadata?
}

/// How the entry of an alternate directory takes an entry's place.
enum Taking: Hashable, Sendable {
    /// Nothing is created (`--compare-dest`).
    case nothing
    /// It is linked (`--link-dest`); by number among the candidate's bases.
    case link(Int)
    /// It is copied (`--copy-dest`, or attributes differ).
    case copy(Int)
}

/// What a session's options mean for files besides the destination.
struct BasisRules: Sendable {
    /// What an equal entry of an alternate directory is used for; nil without alternate directories.
    var alternates: AlternateUse?
    /// Whether what interrupted transfers left is used.
    var usesPartials: Bool
    /// Whether files with similar names are used: 1 those in the same directory, 2 those in alternate directories, too.
    var fuzziness: Int

    /// Whether any such file is looked for.
    var isWanted: Bool { alternates != nil || usesPartials || fuzziness > 0 }
}

extension DecisionRules {
    /// How far an entry of an alternate directory agrees (protocol specification, transfer 11.8).
    enum Match: Int, Comparable {
        /// Its type; for a file it is a basis.
        case type = 1
        /// Its content.
        case content
        /// Its attributes, too.
        case attributes

        static func < (left: Match, right: Match) -> Bool { left.rawValue < right.rawValue }
    }

    /// The first of the entries of alternate directories that agree best.
    func bestAlternate(for candidate: Candidate) -> (number: Int, match: Match)? {
        guard bases.alternates != nil else { return nil }
        var best: (number: Int, match: Match)?
        for (number, basis) in candidate.bases.enumerated() {
            guard case .alternate = basis.place, let match = match(basis, candidate) else { continue }
            if best.map({ $0.match < match }) ?? true { best = (number, match) }
            if match == .attributes { break }
        }
        return best
    }

    func differences(of candidate: Candidate, from basis: BasisCandidate, isChanging: Bool) -> ItemFlags {
        var candidate = candidate
        candidate.metadata = basis.metadata
        return differences(of: candidate, from: basis.status, isChanging: isChanging)
    }

    private func match(_ basis: BasisCandidate, _ candidate: Candidate) -> Match? {
        guard basis.status.isSameType(as: candidate.entry) else { return nil }
        guard isUnchanged(candidate, basis.status, content: basis.content) else { return .type }
        return differences(of: candidate, from: basis, isChanging: false).isEmpty ? .attributes : .content
    }

    /// What an alternate directory's entry does in place of a transfer or a new entry; nil when it does nothing.
    func takeAlternate(_ candidate: Candidate) -> Decision? {
        guard let use = bases.alternates, let best = bestAlternate(for: candidate) else { return nil }
        let (entry, basis) = (candidate.entry, candidate.bases[best.number])
        let exists = candidate.current?.isSameType(as: entry) ?? false
        let displaced = displaced(by: entry, candidate.current)
        if best.match == .attributes, use == .compare, candidate.link != .leads {
            let gone: Displaced = displaced == .replaced ? .removed : displaced
            return .take(.nothing, report: reported([]), attributes: FileAttributes(), displaced: gone)
        }
        // Permissions that are not preserved do not count.
        let attributes = attributes(for: candidate, current: nil)
        if best.match == .attributes, use == .link {
            if exists, let current = candidate.current, current.isSameFile(as: basis.status) {
                return keep(candidate, current)
            }
            let report = reportsUnchanged ? [.localChange, .nameFollows] as ItemFlags : nil
            return .take(
                .link(best.number),
                report: report,
                attributes: attributes,
                displaced: isUpToDate(candidate) ? .equal : displaced
            )
        }
        guard entry.isRegular, best.match >= .content, !exists else { return nil }
        let found = differences(of: candidate, from: basis, isChanging: true)
        let report = found.isEmpty && !reportsUnchanged ? nil : found.union(.localChange)
        return .take(.copy(best.number), report: report, attributes: attributes, displaced: displaced)
    }

    /// Which file a requested content is compared with, by number among the candidate's bases; nil for the existing file.
    func basis(for candidate: Candidate) -> Int? {
        if let partial = candidate.bases.firstIndex(where: { $0.place == .partial }) { return partial }
        guard !(candidate.current?.isRegular ?? false) else { return nil }
        if let best = bestAlternate(for: candidate) { return best.number }
        return candidate.bases.firstIndex {
            switch $0.place {
            case .fuzzy, .fuzzyAlternate: true
            case .destination, .partial, .backup, .alternate: false
            }
        }
    }
}

extension FileStatus {
    /// Whether it is of the listed type.
    func isSameType(as entry: FileEntry) -> Bool { mode & 0o170000 == entry.type }
}
