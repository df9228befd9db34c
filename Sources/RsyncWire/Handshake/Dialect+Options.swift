package import RsyncOptions

extension TransferOptions.Wire {
    /// The newest dialect that this side offers.
    package var dialect: Dialect { protocolVersion.map(Dialect.init) ?? .newest }
}

extension Dialect {
    /// Rejects options that this version cannot carry out.
    ///
    /// - Parameters:
    ///   - options: Those that the session is to use.
    ///   - isLocal: Whether nothing is sent: rsync rejects most of them all the same.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2.
    package func check(_ options: TransferOptions, isLocal: Bool = false) throws(WireError) {
        let placement = options.placement
        let alternates = "--\(placement.alternateUse)-dest"
        let needs: [(isUsed: Bool, what: String, least: Int32)] = [
            (placement.fuzziness > 0, "--fuzzy", 29),
            (!placement.alternates.isEmpty && placement.writesInPlace, "\(alternates) with --inplace", 29),
            (placement.alternates.count > 1, "Using more than one \(alternates) option", 29),
            (options.selection.prunesEmptyDirectories, "--prune-empty-dirs", 29),
            (options.attributes.acls && !isLocal, "--acls", 30),
            (options.attributes.extended > 0 && !isLocal, "--xattrs", 30),
        ]
        for need in needs where need.isUsed && version < need.least {
            throw .incompatible("\(need.what) requires protocol \(need.least) or higher (negotiated \(version)).")
        }
        if isLocal { _ = try options.selection.filters.texts(for: .receiver, in: self) }
    }
}
