import Checksums
import RsyncOptions
import RsyncWire
import VolumeAccess

extension SessionParameters {
    /// How block sums are computed (protocol specification, transfer 9.3).
    var blockRecipe: ChecksumRecipe {
        .blocks(checksum, seed: seed, seedFix: flags.contains(.checksumSeedFix) || !dialect.hasCompatibilityFlags)
    }

    /// How the whole-file checksum of a transferred file is computed (protocol specification, transfer 9.3).
    var transferRecipe: ChecksumRecipe {
        .wholeFile(checksum, seed: seed, seedsMD4: isChecksumImplied && dialect.seedsWholeFileMD4)
    }

    /// How the checksums of `-c` are computed.
    var fileRecipe: ChecksumRecipe { .fileList(fileChecksum) }
}

extension SessionState {
    /// The time without output after which a keep-alive is due (protocol specification, session 10.1).
    ///
    /// By default it stays below the 60 seconds after which common load balancers close an idle connection.
    var keepAliveInterval: Duration {
        let wish = options.limits.keepAlive ?? .seconds(20)
        let timeout = timeout
        return timeout > 0 ? min(wish, .seconds((timeout + 1) / 2)) : wish
    }

    /// Sends a keep-alive if nothing was sent for a while; called by the owner of the output.
    func keepAlive(_ output: WireOutput) throws(WireError) {
        if ContinuousClock.now - output.lastFlush >= keepAliveInterval { try output.keepAlive() }
    }
}

extension SessionState {
    /// Whether the whole-file checksum of a file that is continued covers what was there (protocol specification,
    /// transfer 12.4).
    var checksAppended: Bool {
        options.placement.appending == .verifying || !parameters.dialect.trustsAppended
    }
}

extension EngineError {
    /// The error as a `WireError`, for code that throws only those.
    var asWireError: WireError {
        if case .wire(let error) = self { return error }
        return .violation("\(self)", exitCode: exitCode)
    }
}

extension EntryCounts {
    /// Converts the counts of NDX_DEL_STATS.
    init(_ statistics: DeletionStatistics) {
        self.init()
        regular = Int(statistics.files)
        directories = Int(statistics.directories)
        links = Int(statistics.symbolicLinks)
        devices = Int(statistics.devices)
        specials = Int(statistics.specials)
    }
}

extension Item {
    /// Whether it is a keep-alive of protocol 29: about the index after the last entry (protocol specification, transfer
    /// 10).
    func isIdle(_ index: Int32, in live: LiveFileLists, _ dialect: Dialect) -> Bool {
        dialect.hasIdleItems && flags == .isNew && Int(index) == live.entryCount
    }
}

extension ItemReport {
    /// Marks the time of a link as not settable where the sender is not told that it is: before protocol 30.
    mutating func settleLinkTime(in dialect: Dialect) {
        if mode & 0o170000 == 0o120000, !dialect.hasCompatibilityFlags { flags.insert(.reportTimeFailed) }
    }

    /// Describes an entry of a session's file list.
    init(
        _ item: Item,
        _ entry: FileEntry,
        in list: FileList,
        of state: SessionState,
        isSending: Bool,
        isLocal: Bool = false,
        transferred: Int64
    ) {
        let unmapped = list.unmappedIDs[entry.nameStart]
        self.init(
            name: Array(list.name(of: entry)),
            flags: item.flags,
            mode: entry.mode,
            size: entry.size,
            modified: entry.modified,
            uid: unmapped?.uid ?? entry.uid,
            gid: unmapped?.gid ?? entry.gid,
            target: Array(list.target(of: entry)),
            hardLink: item.flags.contains(.transfer) ? [] : item.name,
            isSending: isSending,
            isLocal: isLocal,
            transferred: transferred
        )
        leavesGroup = entry.flags.contains(.skipGroup) && !isLocal
        guard state.options.comparison.checksum, entry.isRegular else { return }
        let algorithm = state.parameters.fileChecksum
        let start = Int(list.extra(of: entry).checksumStart)
        checksum = algorithm.printed(Array(list.arena[start..<start + algorithm.digestLength]))
    }

    /// Adds the checksum of a file that was transferred, unless the list has one.
    mutating func note(checksum digest: [UInt8], of state: SessionState) {
        let algorithm = state.parameters.checksum
        guard checksum.isEmpty, algorithm != .none else { return }
        checksum = algorithm.printed(digest)
    }
}

extension ItemFlags {
    /// The flags of a transferred file as they are shown: before protocol 29 no reasons come with it.
    func explained(in dialect: Dialect) -> ItemFlags {
        dialect.hasItemFlags || !contains(.transfer) ? self : [.transfer, .unexplained]
    }
}

extension SessionState {
    /// Names a change as a server does that has no items to send (before protocol 29), with `-v`.
    func mention(_ report: ItemReport) {
        guard options.output.verbosity > 0 else { return }
        if report.mode & 0o170000 == 0o040000 {
            let changes: ItemFlags = [.reportTime, .reportPermissions, .reportOwner, .reportGroup]
            let setsTimes = options.attributes.times && !options.attributes.omitDirectoryTimes
            guard !report.flags.isDisjoint(with: changes) || report.flags.contains(.isNew) && setsTimes else { return }
            return inform("", report.name, "/")
        }
        guard report.flags.contains(.localChange) else { return }
        let arrow = report.hardLink.isEmpty ? " -> " : " => "
        let other = report.hardLink.isEmpty ? report.target : report.hardLink
        let line = report.name + (other.isEmpty ? [] : Array(arrow.utf8) + other)
        if isServer { post(.info, line + [UInt8(ascii: "\n")]) } else { inform("", line) }
    }

    /// Tells the observer that file lists begin, or, with a number of entries, that the first is complete.
    func announceList(isSending: Bool, count: Int? = nil) {
        observer.fileList(
            isSending: isSending,
            isIncremental: parameters.isIncremental,
            isComplete: count != nil,
            count: count ?? 0
        )
    }

    /// Leaves out the directories of a complete list that have nothing in them (`--prune-empty-dirs`).
    func prune(_ list: FileList) {
        guard options.selection.prunesEmptyDirectories, !parameters.isIncremental else { return }
        list.pruneEmptyDirectories { options.selection.filters.protectsFromPruning($0.span) }
    }
}

extension SessionState {
    /// Tells the peer why this side is stopping, if the protocol has a message for it and the connection may still work
    /// (protocol specification, session 9.3).
    ///
    /// Called by the owner of the output; only the first call has an effect. A failure to write is ignored: the session has
    /// already failed.
    func tell(_ failure: EngineError, over output: WireOutput) {
        let code = failure.exitCode
        // The connection of a session that was stopped on request still works.
        guard ![10, 12, 19, 30].contains(code) || failure.isRequestedStop else { return }
        guard beginTelling() else { return }
        if isServer {
            switch failure {
            case .peerExit: break
            case .rejected(let line, _): report(line, .error)
            case .usage: explain(failure)
            default: if parameters.dialect.tellsExitCode { explain(failure) }
            }
        }
        do throws(WireError) {
            try tellTally(to: output)
            try sendOutbox(to: output)
            if !parameters.dialect.tellsExitCode {
                // There is no message for the exit code: the peer reads the text before the end of the stream.
            } else if case .peerExit = failure {
                try output.message(.errorExit)
            } else {
                try output.message(.errorExit, number: code)
            }
            try output.flush()
        } catch {
            return
        }
    }

    /// Reports why this side is stopping, and with which exit code.
    private func explain(_ failure: EngineError) {
        for line in failure.line.split(separator: "\n") { report(String(line), .error) }
        report(ExitText.line(code: failure.exitCode, role: role), .error)
    }
}
