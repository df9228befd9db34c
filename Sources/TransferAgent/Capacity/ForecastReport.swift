import AgentControl
import LinuxSystem
import VolumeAccess
import VolumeCapacity

/// A forecast as a table and as JSON.
struct ForecastReport {
    let path: String
    let forecast: Forecast
    let proposal: ClaimProposal

    var answer: CapacityAnswer {
        CapacityAnswer(rows: rows, json: json, fits: proposal.fits ?? true)
    }

    private var json: JSONValue {
        let worst = forecast.worst
        return .object([
            ("path", .text(path)), ("tree", tree), ("targets", .list(forecast.candidates.map(target))),
            ("neededBytes", .integer(worst.need.bytes.value)), ("neededInodes", .integer(worst.need.inodes.value)),
            ("largestTemporary", .integer(worst.need.largestTemporary.value)),
            ("growthBytes", .integer(proposal.growth)),
            ("proposedBytes", .integer(proposal.bytes)), ("proposed", .text(proposal.quantity.description)),
            ("fits", proposal.fits.map { .flag($0) } ?? .null),
            ("failures", .list(forecast.failures.map { .text($0.description) })),
        ])
    }

    private var tree: JSONValue {
        let tree = forecast.tree
        return .object([
            ("files", .integer(tree.files)), ("directories", .integer(tree.directories)),
            ("symbolicLinks", .integer(tree.symbolicLinks)), ("devices", .integer(tree.devices)),
            ("specials", .integer(tree.specials)), ("extraNames", .integer(tree.extraNames)),
            ("sparseFiles", .integer(tree.sparseFiles)), ("apparentBytes", .integer(tree.apparentBytes)),
            ("allocatedBytes", .integer(tree.allocatedBytes)), ("largestFile", .integer(tree.largestFile)),
            ("longestName", .integer(tree.longestName)), ("longestPath", .integer(tree.longestPath)),
            ("sparseFilesFound", .flag(tree.hasSparseFiles)), ("unreadable", .integer(tree.unreadable)),
            ("attributed", .integer(tree.attributes.attributed)),
            ("accessLists", .integer(tree.attributes.accessLists)),
            ("capabilities", .integer(tree.attributes.capabilities)),
            ("attributeNames", .list(tree.attributes.names.map { .text($0) })),
        ])
    }

    private func target(_ candidate: Forecast.Candidate) -> JSONValue {
        let need = candidate.need
        return .object([
            ("fileSystem", .text(candidate.target.fileSystem.rawValue)),
            ("blockSize", .integer(candidate.target.blockSize.value)), ("bytes", .integer(need.bytes.value)),
            ("bytesWhileUpdating", .integer(need.bytesWhileUpdating.value)), ("inodes", .integer(need.inodes.value)),
            ("fileData", .integer(need.fileData.value)), ("fileMetadata", .integer(need.fileMetadata.value)),
            ("directories", .integer(need.directories.value)), ("symbolicLinks", .integer(need.symbolicLinks.value)),
            ("attributes", .integer(need.attributes.value)), ("inodeSpace", .integer(need.inodeSpace.value)),
        ])
    }

    private var rows: [(String, String)] {
        let tree = forecast.tree
        var rows = [
            ("volume", path),
            (
                "holds",
                "\(counted(tree.files, "file", commas: true)), "
                    + "\(counted(tree.directories, "directory", plural: "directories", commas: true)), "
                    + counted(tree.symbolicLinks + tree.devices + tree.specials, "other", commas: true)
            ),
            ("total size", Figures.bytes(tree.apparentBytes) + (tree.hasSparseFiles ? ", including holes" : "")),
            ("allocated here", Figures.bytes(tree.allocatedBytes)),
        ]
        for candidate in forecast.candidates {
            let need = candidate.need
            let text =
                "\(Figures.bytes(need.bytes.value)), \(counted(need.inodes.value, "inode", commas: true)); "
                + "\(Figures.bytes(need.bytesWhileUpdating.value)) while the largest file is replaced"
            rows.append(("on \(candidate.target.fileSystem.rawValue), blocks of \(candidate.target.blockSize)", text))
        }
        if proposal.growth > 0 { rows.append(("growth until the next pass", Figures.bytes(proposal.growth))) }
        rows.append(("claim", "\(proposal.quantity) (\(counted(proposal.bytes, "byte", commas: true)))"))
        if let fits = proposal.fits { rows.append(("provisioned", fits ? "sufficient" : "NOT sufficient")) }
        let carries = forecast.candidates.allSatisfy(\.target.carriesAttributes)
        let carried = CarriedAttributes(lists: carries, extended: carries)
        if let loss = tree.attributes.loss(carrying: carried) { rows.append(("NOT TRANSFERRED", loss)) }
        if tree.unreadable > 0 {
            rows.append(("NOT READ", "\(counted(tree.unreadable, "entry", plural: "entries")), not included"))
        }
        for failure in forecast.failures { rows.append(("", failure.description)) }
        return rows
    }
}
