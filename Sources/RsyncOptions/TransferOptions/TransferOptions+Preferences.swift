package import Checksums

extension TransferOptions {
    /// The algorithms that this side negotiates, in its order of preference; they are not sent as options.
    package struct Preferences: Sendable, Equatable {
        /// `RSYNC_CHECKSUM_LIST`; nil for all that are known, in rsync's order.
        package var checksums: [ChecksumAlgorithm]?
        /// `RSYNC_COMPRESS_LIST`; nil for all that are known, in rsync's order.
        package var compressors: [CompressionAlgorithm]?

        /// Makes the preferences of a process without these variables.
        package init() {}

        /// Reads the variables (rsync(1), `--checksum-choice` and `--compress`); unknown names are discarded.
        ///
        /// - Parameters:
        ///   - environment: The process's environment.
        ///   - forServer: Whether the names after a `&` apply, those of servers.
        package init(environment: [String: String], forServer: Bool) {
            checksums = Self.names(environment["RSYNC_CHECKSUM_LIST"], forServer)?.compactMap(
                ChecksumAlgorithm.init(name:)
            )
            compressors = Self.names(environment["RSYNC_COMPRESS_LIST"], forServer)?
                .compactMap(CompressionAlgorithm.init(rawValue:))
        }

        private static func names(_ text: String?, _ forServer: Bool) -> [String]? {
            guard let text else { return nil }
            let halves = text.split(separator: "&", maxSplits: 1, omittingEmptySubsequences: false)
            let half = forServer && halves.count == 2 ? halves[1] : halves[0]
            let names = half.lowercased().split { $0.isWhitespace }.map(String.init)
            return names.isEmpty ? nil : names
        }
    }
}
