import Checksums
package import RsyncOptions

/// The negotiation before the first frame (protocol specification, session 4).
///
///     both   int: protocol version          remote shell only
///     S>C    varint: compatibility flags    from protocol 30 on
///     both   vstring: checksum names        with flag 0x80, unless one is forced
///     both   vstring: compressor names      with flag 0x80, when compression is wanted and not forced
///     S>C    int: checksum seed
///
/// Both functions flush before they wait, and leave input and output multiplexing as the version requires.
package enum Handshake {
    /// The client's part.
    ///
    /// - Parameters:
    ///   - options: The options of the transfer; forced algorithms are not negotiated.
    ///   - version: The version negotiated by a daemon's greeting; nil over a remote shell, where it is exchanged
    ///     first.
    ///   - input: The stream from the server.
    ///   - output: The stream to the server.
    /// - Returns: The negotiated parameters.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a version that is not supported, 4 when there is
    ///   no common algorithm, 1 for incremental recursion that was not offered.
    package static func client(
        _ options: TransferOptions,
        version: Int32? = nil,
        input: WireInput,
        output: WireOutput
    ) throws(WireError) -> SessionParameters {
        var session = SessionParameters()
        session.dialect = try settleVersion(version, own: options.wire.dialect, input, output)
        try session.dialect.check(options)
        if session.dialect.hasCompatibilityFlags {
            session.flags = CompatibilityFlags(rawValue: try input.varint("compatibility flags"))
        }
        if session.isIncremental, !options.takesIncrementalRecursion {
            throw .violation("incompatible options for an incremental connection", exitCode: 1)
        }
        let negotiates = session.flags.contains(.varintFileListFlags)
        let subjects = Subjects(options, negotiates: negotiates)
        try session.takeDefaults(options, subjects, isServer: false)
        // The server writes its lists before it reads; an answer with one name works with every server.
        if subjects.checksum {
            let checksums = try Negotiation.read(from: input, "a list of checksums")
            let ours = Negotiation.checksums(options.preferences, forServer: false)
            session.checksum = try Negotiation.strongest(of: ours, in: checksums, "checksum")
            session.fileChecksum = session.checksum
            try Negotiation.write([session.checksum.rawValue], to: output)
            // A daemon that refuses an option may not have read the one for compression, and sends no second list.
            try output.flush()
        }
        if subjects.compression {
            let compressors = try Negotiation.read(from: input, "a list of compressors")
            let ours = Negotiation.compressors(options.preferences, forServer: false)
            session.compression = try Negotiation.strongest(of: ours, in: compressors, "compressor")
            try Negotiation.write([session.compression.rawValue], to: output)
        }
        try output.flush()
        session.seed = try input.int32("the checksum seed")
        session.applyLevel(options)
        input.startMultiplexing()
        if session.dialect.framesClientStream { output.startMultiplexing() }
        return session
    }

    /// The server's part.
    ///
    /// - Parameters:
    ///   - arguments: The client's request.
    ///   - version: The version negotiated by our daemon's greeting; nil over a remote shell, where it is exchanged
    ///     first.
    ///   - input: The stream from the client.
    ///   - output: The stream to the client.
    /// - Returns: The negotiated parameters.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a version that is not supported, 4 when there is
    ///   no common algorithm.
    package static func server(
        _ arguments: ServerArguments,
        version: Int32? = nil,
        input: WireInput,
        output: WireOutput
    ) throws(WireError) -> SessionParameters {
        let options = arguments.options
        var session = SessionParameters()
        let own = options.wire.dialect.agreed(with: arguments.announcedVersion)
        session.dialect = try settleVersion(version, own: own, input, output)
        try session.dialect.check(arguments.options)
        if session.dialect.hasCompatibilityFlags {
            session.flags = arguments.compatibilityFlags
            try output.varint(session.flags.rawValue)
        }
        let subjects = Subjects(options, negotiates: session.flags.contains(.varintFileListFlags))
        let checksums = Negotiation.checksums(options.preferences, forServer: true)
        let compressors = Negotiation.compressors(options.preferences, forServer: true)
        if subjects.checksum { try Negotiation.write(checksums.map(\.rawValue), to: output) }
        if subjects.compression { try Negotiation.write(compressors.map(\.rawValue), to: output) }
        try output.flush()
        try session.takeDefaults(options, subjects, isServer: true)
        if subjects.checksum {
            let names = try Negotiation.read(from: input, "a list of checksums")
            session.checksum = try Negotiation.first(of: checksums, in: names, "checksum")
            session.fileChecksum = session.checksum
        }
        if subjects.compression {
            let names = try Negotiation.read(from: input, "a list of compressors")
            session.compression = try Negotiation.first(of: compressors, in: names, "compressor")
        }
        session.seed = options.wire.checksumSeed == 0 ? randomSeed() : options.wire.checksumSeed
        try output.int32(session.seed)
        try output.flush()
        session.applyLevel(options)
        output.startMultiplexing()
        if session.dialect.framesClientStream { input.startMultiplexing() }
        return session
    }

    /// Which lists are exchanged.
    fileprivate struct Subjects {
        let checksum: Bool
        let compression: Bool

        init(_ options: TransferOptions, negotiates: Bool) {
            checksum = negotiates && !options.wire.choosesChecksum
            compression = negotiates && options.wire.compress && options.wire.compressChoice == nil
        }
    }

    /// The version that both ends use, exchanged if no greeting determined it (protocol specification, session 4.1).
    private static func settleVersion(
        _ settled: Int32?,
        own: Dialect,
        _ input: WireInput,
        _ output: WireOutput
    ) throws(WireError) -> Dialect {
        var dialect = settled.map(Dialect.init) ?? own
        if settled == nil {
            try output.int32(own.version)
            try output.flush()
            let theirs = Dialect(try input.int32("the protocol version"))
            guard theirs.isPlausible else {
                throw .incompatible(
                    "protocol version mismatch -- is your shell clean?\n(see the rsync manpage for an explanation)"
                )
            }
            dialect = own.agreed(with: theirs.version)
        }
        try check(dialect)
        input.dialect = dialect
        output.dialect = dialect
        return dialect
    }

    /// Rejects a version that is not supported.
    static func check(_ dialect: Dialect) throws(WireError) {
        guard !dialect.isSupported else { return }
        let (oldest, newest) = (Dialect.supported.lowerBound, Dialect.supported.upperBound)
        throw .incompatible("protocol version \(dialect.version) is not one of \(oldest) to \(newest)")
    }

    private static func randomSeed() -> Int32 {
        var generator = SystemRandomNumberGenerator()
        return Int32.random(in: 1...Int32.max, using: &generator)
    }
}

extension SessionParameters {
    /// The values used where nothing is negotiated: forced choices, otherwise md5 or md4, and zlib (protocol specification,
    /// session 4.3, 4.4).
    fileprivate mutating func takeDefaults(
        _ options: TransferOptions,
        _ subjects: Handshake.Subjects,
        isServer: Bool
    ) throws(WireError) {
        let usual = dialect.defaultsToMD5 ? ChecksumAlgorithm.md5 : .md4
        checksum = options.wire.checksumChoice ?? usual
        isChecksumImplied = options.wire.checksumChoice == nil
        fileChecksum = options.wire.separatesChecksums ? options.wire.fileChecksumChoice ?? usual : checksum
        compression = options.wire.compressChoice ?? (options.wire.compress ? .zlib : .none)
        if options.lacksFileChecksum { throw .violation("no checksum is chosen for --checksum", exitCode: 4) }
        // A client's own choice overrides its environment.
        if !subjects.checksum, isServer || !options.wire.choosesChecksum {
            try Negotiation.check(checksum, options.preferences.checksums, "checksum")
        }
        if !subjects.compression, options.wire.compress, isServer || options.wire.compressChoice == nil {
            try Negotiation.check(compression, options.preferences.compressors, "compressor")
        }
    }

    /// Level 0 disables zlib and zlibx altogether on both ends (protocol specification, session 4.4).
    fileprivate mutating func applyLevel(_ options: TransferOptions) {
        compressionLevel = options.wire.compressLevel
        if options.wire.compressLevel == 0, compression == .zlib || compression == .zlibx { compression = .none }
    }
}
