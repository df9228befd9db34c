import AgentControl
import LinuxSystem
import VolumeAccess
import VolumeCapacity

/// What a local volume can hold, and whether that is sufficient.
package struct TargetCapacity: Sendable {
    private let path: String
    private let needs: Int64?
    private let facts: TargetFacts

    /// Examines a volume.
    ///
    /// - Parameters:
    ///   - path: Where it is mounted.
    ///   - needs: What it has to hold in all, a Kubernetes quantity; nil for no question.
    /// - Throws: ``AgentError``.
    package init(path: String, needs: String?) throws(AgentError) {
        self.path = path
        do throws(CapacityError) {
            self.needs = try needs.map { (text) throws(CapacityError) in try Quantity(parsing: text).wholeBytes() }
        } catch {
            throw AgentError(.badSetting, "--needs: \(error)", exitCode: 2)
        }
        do throws(VolumeError) {
            facts = try TargetFacts(of: try Volume.open(path: path))
        } catch {
            throw AgentError(.targetUnusable, "the volume cannot be examined: \(error)", exitCode: 3)
        }
    }

    /// Whether it can hold what it has to, or can be written to at all when that is not asked.
    package var fits: Bool {
        guard !facts.space.isReadOnly else { return false }
        return needs.map { $0 <= facts.capacity } ?? true
    }

    /// One sentence with the answer; nil without a question.
    private var answer: String? {
        guard let needs else { return nil }
        let (has, wanted) = (Figures.binary(facts.capacity), Figures.binary(needs))
        guard needs > facts.capacity else { return "verified: \(has) >= \(wanted) needed" }
        return "too small: \(has) < \(wanted) needed: \(counted(needs - facts.capacity, "byte")) short"
    }

    /// One JSON object on a line.
    package var json: String {
        var members: [(String, JSONValue)] = [("path", .text(path))] + facts.json
        members.append(("capacityBytes", .integer(facts.capacity)))
        members.append(("needsBytes", needs.map { .integer($0) } ?? .null))
        members.append(("fits", .flag(fits)))
        return JSONValue.object(members).encoded + "\n"
    }

    /// Rows for the user: label and value.
    package var table: String {
        let space = facts.space
        let abilities = facts.abilities
        func figure(_ number: Int64?) -> String { number.map { grouped($0) } ?? "unknown" }
        func word(_ flag: Bool?) -> String { flag.map { $0 ? "yes" : "no" } ?? "unknown" }
        var rows: [(String, String)] = [
            ("volume", path),
            ("file system", space.type + (space.isReadOnly ? ", read-only" : "")),
            ("size", "\(Figures.binary(space.totalBytes)) (\(space.totalBytes) bytes)"),
            ("used", "\(Figures.binary(space.usedBytes)) (\(space.usedBytes) bytes)"),
            ("free for this user", "\(Figures.binary(space.freeBytes)) (\(space.freeBytes) bytes)"),
            ("quota left", space.quotaBytes.map { Figures.binary($0) } ?? "no quota"),
            ("block size", figure(space.blockSize)),
            ("free inodes", space.freeInodes.map { grouped($0) } ?? "allocated as needed"),
            ("longest name", "\(space.longestName) bytes"),
            ("largest file", abilities.largestFile.map { Figures.binary($0) } ?? "unknown"),
            ("links per file", figure(abilities.linkLimit)),
            ("time resolution", abilities.timeGrain.map { "\(grouped($0)) ns" } ?? "unknown"),
            ("times from, to", "\(figure(abilities.earliestTime)), \(figure(abilities.latestTime)) s since 1970"),
            ("folds case", word(abilities.foldsCase)),
            ("keeps holes", word(abilities.keepsHoles)),
            ("keeps permissions", word(abilities.keepsPermissions)),
            ("sets owners", word(abilities.changesOwner)),
            ("user xattrs", word(abilities.userAttributes)),
            ("ACLs", word(abilities.accessLists)),
            ("hard links", word(abilities.hardLinks)),
            ("symbolic links", word(abilities.symbolicLinks)),
            ("pipes", word(abilities.pipes)),
            ("device nodes", word(abilities.devices)),
        ]
        if let btrfs = space.btrfs {
            let (taken, all) = (Figures.binary(btrfs.usedTrees), Figures.binary(btrfs.trees))
            rows.append(("of btrfs's trees", "\(taken) of \(all), \(btrfs.copies) copies, not in the free bytes"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        var text = ""
        for (name, value) in rows {
            text += name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
        }
        return text + (answer.map { $0 + "\n" } ?? "")
    }
}
