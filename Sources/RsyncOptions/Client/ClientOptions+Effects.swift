import Checksums

extension TransferOptions.Wire {
    /// Sets one algorithm for all checksums, or two: for the transfer and for `-c`.
    mutating func chooseChecksum(_ value: OptionValue) throws(OptionError) {
        let names = value.text.lowercased().split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        var choices: [ChecksumAlgorithm?] = []
        for name in names {
            let algorithm = ChecksumAlgorithm(name: String(name))
            guard name == "auto" || algorithm?.isAvailable == true else {
                throw .failed("unknown checksum name: \(name)", exitCode: 4)
            }
            choices.append(algorithm)
        }
        checksumChoice = choices[0]
        fileChecksumChoice = choices.count == 2 ? choices[1] : nil
        separatesChecksums = choices.count == 2 && choices.contains { $0 != nil }
    }

    /// Sets what `--max-alloc` tells a server.
    ///
    /// - Returns: The memory that file lists may take on this side, in bytes; nil for the usual limit.
    mutating func limitAllocation(_ value: OptionValue) throws(OptionError) -> Int? {
        let usual: Int64 = 1 << 30
        let size = try value.size(unit: 1)
        guard (0..<1 << 62).contains(size) else { throw .usage("--\(value.option)=\(value.text) is too large") }
        guard size == 0 || size >= 1 << 20 else {
            throw .usage("--\(value.option)=\(value.text) is too small (min: 1.00M or 0 for unlimited)")
        }
        allocationLimit = size == usual ? nil : value.text
        guard size == 0 || size > usual else { return nil }
        return size == 0 ? 1 << 46 : Int(size)
    }

    /// Sets the compression algorithm; `auto` lets the two ends negotiate.
    mutating func chooseCompression(_ value: OptionValue) throws(OptionError) {
        let name = value.text.lowercased()
        guard name != "auto" else { return compressChoice = nil }
        guard let choice = CompressionAlgorithm(rawValue: name) else {
            throw .failed("unknown compress name: \(value.text)", exitCode: 4)
        }
        choose(choice)
    }

    /// Compresses with an algorithm, or not at all.
    mutating func choose(_ compression: CompressionAlgorithm) {
        compressChoice = compression
        compress = compression != .none
        isCompressedByLevel = false
    }

    /// The choice of checksums as sent to a server.
    var checksumWord: String? {
        guard choosesChecksum else { return nil }
        let names = separatesChecksums ? [checksumChoice, fileChecksumChoice] : [checksumChoice]
        return "--checksum-choice=" + names.map { $0?.rawValue ?? "auto" }.joined(separator: ",")
    }

    /// The choice of compression as sent to a server.
    var compressionWord: String? {
        switch compressChoice {
        case nil: nil
        case .zlibx?: "--new-compress"
        case .zlib?: "--old-compress"
        case let choice?: "--compress-choice=\(choice.rawValue)"
        }
    }
}
