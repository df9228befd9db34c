import LinuxSystem
import ProcessSupport
import VolumeAccess

/// Whether a volume fits a target and survives there: what the tree holds against what the target can take.
package struct TargetCheck: Sendable {
    /// How bad a finding is.
    package enum Severity: Int, Sendable, Comparable {
        /// The copy will differ from the source in something that is not content.
        case alters
        /// Something of the source cannot be at the target at all.
        case doesNotFit

        /// Less bad is less.
        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    /// What a finding is about.
    package enum Subject: Sendable {
        /// Space, limits and kinds of entries.
        case capacity
        /// Attributes of entries.
        case attributes
        /// Attributes of the top directory alone.
        case topDirectory
        /// The right to write at all.
        case access
    }

    /// One thing that will not fit or not survive.
    package struct Finding: Hashable, Sendable {
        /// How bad it is.
        package let severity: Severity
        /// What it is about.
        package let subject: Subject
        /// One sentence with both figures.
        package let text: String
    }

    /// What a transfer takes beyond what is in use at the target now.
    package struct Demand: Hashable, Sendable {
        /// Bytes, at the highest moment.
        package var bytes: Amount
        /// Inodes, at the highest moment.
        package var inodes: Amount
        /// Of the bytes, those that are in btrfs's trees, both copies.
        package var treeBytes: Amount

        /// Names the figures.
        package init(bytes: Amount, inodes: Amount, treeBytes: Amount = 0) {
            self.bytes = bytes
            self.inodes = inodes
            self.treeBytes = treeBytes
        }
    }

    /// What the transfer takes.
    package let demand: Demand
    /// What was found wrong, the worst first.
    package let findings: [Finding]

    /// Compares.
    ///
    /// - Parameters:
    ///   - tree: What the source holds.
    ///   - demand: What the transfer will take.
    ///   - target: What the target can take.
    ///   - carried: Which attributes the transfer carries.
    ///   - collisions: Pairs of names that a target which folds case takes for one; looked for only when it does.
    package init(
        tree: TreeFacts?,
        demand: Demand,
        target: TargetFacts,
        carrying carried: CarriedAttributes = CarriedAttributes(),
        collisions: [NameCollision] = []
    ) {
        self.demand = demand
        var comparison = Comparison(target: target)
        comparison.compareSpace(demand)
        if let tree {
            comparison.compareLimits(tree)
            comparison.compareKinds(tree)
            comparison.compareMetadata(tree)
            comparison.compareOwners(tree)
            if carried.extended { comparison.compareAttributes(tree.attributes) }
            if let loss = tree.attributes.loss(carrying: carried) { comparison.warn("not transferred: \(loss)") }
        }
        comparison.add(collisions)
        findings = comparison.findings.sorted { $0.severity > $1.severity }
    }

    /// Whether there is space and a place for everything.
    package var fits: Bool { !findings.contains { $0.severity == .doesNotFit } }

    /// Whether nothing at all was found wrong.
    package var isClean: Bool { findings.isEmpty }
}

/// Collects findings.
struct Comparison {
    let target: TargetFacts
    private(set) var findings: [TargetCheck.Finding] = []

    init(target: TargetFacts) { self.target = target }

    mutating func refuse(_ text: String, _ subject: TargetCheck.Subject = .capacity) {
        findings.append(TargetCheck.Finding(severity: .doesNotFit, subject: subject, text: text))
    }
    mutating func warn(_ text: String, _ subject: TargetCheck.Subject = .attributes) {
        findings.append(TargetCheck.Finding(severity: .alters, subject: subject, text: text))
    }

    mutating func compareSpace(_ demand: TargetCheck.Demand) {
        let space = target.space
        if space.isReadOnly { refuse("the target is mounted read-only") }
        compareAccess()
        let (needed, free) = (target.freeBytesNeeded(for: demand), Amount(space.freeBytes))
        if needed > free {
            let cause = space.quotaBytes.map { $0 == space.freeBytes ? " (quota)" : "" } ?? ""
            refuse(
                "\(counted(needed.value, "byte")) needed, \(free) free\(cause): "
                    + "\(counted((needed - free).value, "byte")) short"
            )
        }
        if let free = space.freeInodes.map({ Amount($0) }), demand.inodes > free {
            let needed = counted(demand.inodes.value, "inode")
            refuse("\(needed) needed, \(free) free: \(demand.inodes - free) short")
        }
    }

    mutating func compareLimits(_ tree: TreeFacts) {
        let limits = target.abilities
        if tree.longestName > target.space.longestName {
            refuse("a name has \(counted(tree.longestName, "byte")), the target allows \(target.space.longestName)")
        }
        if let most = limits.largestFile, tree.largestFile > most {
            refuse("a file has \(counted(tree.largestFile, "byte")), the target allows \(most)")
        }
        if let most = limits.linkLimit, tree.highestLinkCount > most {
            refuse("a file has \(counted(tree.highestLinkCount, "hard link")), the target allows \(most)")
        }
    }

    mutating func compareKinds(_ tree: TreeFacts) {
        let limits = target.abilities
        if limits.symbolicLinks == false, tree.symbolicLinks > 0 {
            refuse("the target cannot store \(counted(tree.symbolicLinks, "symbolic link"))")
        }
        if limits.hardLinks == false, tree.extraNames > 0 {
            refuse("the target cannot store \(counted(tree.extraNames, "further hard link"))")
        }
        if limits.devices == false, tree.devices > 0 {
            let cure = target.writer.map { $0.has(.makeDevices) ? "" : " without the capability MKNOD" } ?? ""
            refuse("the target cannot store \(counted(tree.devices, "device node"))\(cure)")
        }
        if limits.pipes == false, tree.specials > 0 {
            refuse("the target cannot store \(counted(tree.specials, "pipe or socket", plural: "pipes and sockets"))")
        }
    }

    mutating func compareMetadata(_ tree: TreeFacts) {
        let limits = target.abilities
        if let grain = limits.timeGrain, grain > 1, grain > 1_000_000_000 || tree.fineTimes > 0 {
            let finer = counted(tree.fineTimes, "time")
            warn("modification times are truncated to multiples of \(grain) ns (finer than a second: \(finer))")
        }
        if let times = tree.modificationTimes {
            if let earliest = limits.earliestTime, times.lowerBound < earliest {
                warn(
                    "a modification time of \(times.lowerBound) s since 1970 is before the target's first, \(earliest)"
                )
            }
            if let latest = limits.latestTime, times.upperBound > latest {
                warn("a modification time of \(times.upperBound) s since 1970 is after the target's last, \(latest)")
            }
        }
        if limits.keepsPermissions == false { warn("the target does not keep permissions") }
        if limits.keepsHoles == false, tree.sparseFiles > 0 {
            warn("the target allocates the holes of \(counted(tree.sparseFiles, "sparse file"))", .capacity)
        }
    }

    mutating func add(_ collisions: [NameCollision]) {
        for collision in collisions.prefix(20) {
            refuse("\(collision.first) and \(collision.second) are the same name at the target")
        }
        if collisions.count > 20 { refuse("and \(counted(collisions.count - 20, "more pair")) of colliding names") }
    }
}
