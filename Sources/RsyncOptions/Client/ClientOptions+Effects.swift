import Checksums

extension TransferOptions.Wire {
    /// Sets one algorithm for all checksums, or two: for the transfer and for `-c`.
    mutating func chooseChecksum(_ value: OptionValue) throws(OptionError) {
        let names = value.text.lowercased().split(separator: ",", omittingEmptySubsequences: false)
        // One choice alone cannot be sent to the other end, nor may it be ignored.
        if names.count == 2, names.contains("auto") { throw .unsupported("--\(value.option)=\(value.text)") }
        var choices: [ChecksumAlgorithm?] = []
        for name in names {
            let algorithm = ChecksumAlgorithm(name: String(name))
            guard name == "auto" || algorithm?.isAvailable == true else {
                throw .failed("unknown checksum name: \(name)", exitCode: 4)
            }
            choices.append(algorithm)
        }
        guard choices.count <= 2 else { throw value.invalid }
        checksumChoice = choices[0]
        fileChecksumChoice = choices.count == 2 ? choices[1] : nil
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
    }

    /// The choice of checksums as sent to a server.
    var checksumWord: String? {
        guard let checksumChoice else { return nil }
        let second = fileChecksumChoice.map { ",\($0.rawValue)" } ?? ""
        return "--checksum-choice=\(checksumChoice.rawValue)\(second)"
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
