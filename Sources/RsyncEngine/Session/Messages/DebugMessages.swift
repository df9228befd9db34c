import Checksums
import RsyncOptions
import RsyncWire

/// Lines of `-vv` and `--debug` about a whole session.
extension SessionState {
    /// Says whether only differences of files are transferred.
    func mentionDelta(isWanted: Bool) {
        guard options.output.debugLevel(.flist) > 0 else { return }
        report("delta-transmission \(isWanted ? "enabled" : "disabled for local transfer or --whole-file")", .info)
    }

    /// Says how much of the files was found in what the receiving side has.
    func mentionMatches() {
        guard options.output.debugLevel(.deltasum) > 0 else { return }
        let found = statistics
        let counts = "matches=\(found.matches)  hash_hits=\(found.hashHits)  false_alarms=\(found.falseAlarms)"
        report("total: \(counts) data=\(found.literalData)", .info)
    }

    /// Says which names a sorted list has twice.
    func mentionRepetitions(in list: FileList) {
        guard options.output.debugLevel(.dup) > 0 else { return }
        for position in list.repetitions() {
            let name = list.name(of: list.entry(sorted: position))
            inform("removing duplicate name ", name, " from file list (\(Int(list.start) + position))")
        }
    }

    /// Says which algorithms a client and its server agreed on.
    func mentionAlgorithms() {
        guard options.output.debugLevel(.nstr) > 0 else { return }
        let negotiates = parameters.flags.contains(.varintFileListFlags)
        let word = { (isChosen: Bool) in negotiates && !isChosen ? " negotiated" : "" }
        report("Client\(word(options.wire.choosesChecksum)) checksum: \(parameters.checksum.rawValue)", .info)
        guard let level = parameters.compression.level(parameters.compressionLevel) else { return }
        let name = parameters.compression.rawValue
        report("Client\(word(options.wire.compressChoice != nil)) compress: \(name) (level \(level))", .info)
    }
}

extension CompressionAlgorithm {
    /// The level that is used when one was chosen, or none; nil when nothing is compressed.
    fileprivate func level(_ chosen: Int?) -> Int? {
        switch self {
        case .none: nil
        case .zlib, .zlibx: chosen ?? 6
        case .zstd: chosen ?? 3
        case .lz4: 0
        }
    }
}
