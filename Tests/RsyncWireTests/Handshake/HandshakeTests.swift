import Checksums
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@Suite("Handshake")
struct HandshakeTests {
    struct Recording: Sendable, CustomTestStringConvertible {
        let name: String
        var version: Int32 = 32
        var checksum = ChecksumAlgorithm.xxh128
        var compression = CompressionAlgorithm.none
        /// What rsync's server announces.
        var flags: Int32 = 0x1ff
        /// What our client writes.
        let client: String
        /// What our server writes: flags without iconv and in-place partial directories.
        let server: String
        var testDescription: String { name }
    }

    private static let checksums = "23 7878683132382078786833207878683634206d6435206d64342073686131206e6f6e65"
    private static let compressors = "18 7a737464206c7a34207a6c696278207a6c6962206e6f6e65"
    private static let xxh128 = "06 787868313238"
    private static let seed = "39300000"

    static let recordings = [
        Recording(name: "push3-p32", client: "20000000" + xxh128, server: "20000000 81bb" + checksums + seed),
        Recording(name: "pull3-p32", client: "20000000" + xxh128, server: "20000000 81bb" + checksums + seed),
        Recording(
            name: "push3-noinc-p32",
            flags: 0x1fe,
            client: "20000000" + xxh128,
            server: "20000000 81ba" + checksums + seed
        ),
        Recording(
            name: "push3-p31",
            version: 31,
            client: "1f000000" + xxh128,
            server: "20000000 81bb" + checksums + seed
        ),
        Recording(
            name: "pull3-p30",
            version: 30,
            client: "1e000000" + xxh128,
            server: "20000000 81bb" + checksums + seed
        ),
        Recording(
            name: "push3-lz4-p32",
            compression: .lz4,
            client: "20000000" + xxh128 + "03 6c7a34",
            server: "20000000 81bb" + checksums + compressors + seed
        ),
        Recording(
            name: "push3-z-default-p32",
            compression: .zstd,
            client: "20000000" + xxh128 + "04 7a737464",
            server: "20000000 81bb" + checksums + compressors + seed
        ),
        Recording(
            name: "push3-zlib-p32",
            compression: .zlib,
            client: "20000000" + xxh128 + "04 7a6c6962",
            server: "20000000 81bb" + checksums + compressors + seed
        ),
        Recording(
            name: "pull3-zstd-p32",
            compression: .zstd,
            client: "20000000" + xxh128,
            server: "20000000 81bb" + checksums + seed
        ),
        Recording(
            name: "pull3-zlibx-p32",
            compression: .zlibx,
            client: "20000000" + xxh128,
            server: "20000000 81bb" + checksums + seed
        ),
        Recording(
            name: "pull-checksum-p32",
            checksum: .md5,
            client: "20000000",
            server: "20000000 81bb" + seed
        ),
        old("push3-p29", 29), old("pull3-p29", 29), old("push3-p28", 28), old("pull3-p28", 28), old("push3-p27", 27),
        old("pull3-p27", 27), old("pull3-z-p29", 29, .zlib),
    ]

    /// A session before protocol 30, which negotiates nothing.
    private static func old(
        _ name: String,
        _ version: Int32,
        _ compression: CompressionAlgorithm = .none
    ) -> Recording {
        Recording(
            name: name,
            version: version,
            checksum: .md4,
            compression: compression,
            flags: 0,
            client: hex([UInt8(version), 0, 0, 0]),
            server: "20000000" + seed
        )
    }

    private static func arguments(of name: String) throws -> ServerArguments {
        let line = try Captures.header("session-" + name, "remote shell: rsync ")
        return ServerArguments(parsing: line.split(separator: " ").map { Array($0.utf8) }, from: .shell)
    }

    private static func clientOptions(of recording: Recording) throws -> TransferOptions {
        let arguments = try arguments(of: recording.name)
        var options = arguments.options
        options.wire.protocolVersion = recording.version
        options.wire.incrementalRecursion = arguments.capabilities.contains("i")
        return options
    }

    @Test("of a client agrees with rsync's server", arguments: recordings, [1, Int.max])
    func client(recording: Recording, pieceLength: Int) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        let input = WireInput(
            source: ArraySource(try Captures.session(recording.name).server, pieceLength: pieceLength)
        )
        let session = try Handshake.client(Self.clientOptions(of: recording), input: input, output: output)
        #expect(hex(sink.bytes) == hex(bytes(hex: recording.client)))
        #expect(session.dialect.version == recording.version && session.seed == 12345)
        #expect(session.checksum == recording.checksum && session.fileChecksum == recording.checksum)
        #expect(session.compression == recording.compression)
        #expect(session.flags.rawValue == recording.flags)
        // The first frame is next.
        #expect(try input.hasMore())
    }

    @Test("of a server agrees with rsync's client", arguments: recordings, [1, Int.max])
    func server(recording: Recording, pieceLength: Int) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        let input = WireInput(
            source: ArraySource(try Captures.session(recording.name).client, pieceLength: pieceLength)
        )
        let session = try Handshake.server(Self.arguments(of: recording.name), input: input, output: output)
        #expect(hex(sink.bytes) == hex(bytes(hex: recording.server)))
        #expect(session.dialect.version == recording.version)
        #expect(session.checksum == recording.checksum && session.compression == recording.compression)
        #expect(try input.hasMore())
    }

    @Test("of either side ends with an error wherever it is truncated", arguments: recordings)
    func truncated(recording: Recording) throws {
        let streams = try Captures.session(recording.name)
        let options = try Self.clientOptions(of: recording)
        let arguments = try Self.arguments(of: recording.name)
        for end in 0..<bytes(hex: recording.client).count {
            let input = WireInput(source: ArraySource(Array(streams.client[..<end])))
            #expect(
                exitCode { _ = try Handshake.server(arguments, input: input, output: WireOutput(sink: ArraySink())) }
                    == 12
            )
        }
        for end in 0..<min(10, bytes(hex: recording.server).count) {
            let input = WireInput(source: ArraySource(Array(streams.server[..<end])))
            #expect(
                exitCode { _ = try Handshake.client(options, input: input, output: WireOutput(sink: ArraySink())) }
                    == 12
            )
        }
    }

    private func clientResult(_ stream: String, _ change: (inout TransferOptions) -> Void = { _ in }) throws
        -> SessionParameters
    {
        var options = TransferOptions()
        options.setArchive()
        change(&options)
        let input = WireInput(source: ArraySource(bytes(hex: stream)))
        return try Handshake.client(options, input: input, output: WireOutput(sink: ArraySink()))
    }

    @Test("works with peers that negotiate nothing")
    func oldPeer() throws {
        let session = try clientResult("1e000000 3f 07000000") { $0.wire.compress = true }
        #expect(
            session.dialect.version == 30 && session.checksum == .md5 && session.compression == .zlib
                && session.seed == 7
        )
        #expect(
            try clientResult("1f000000 3f 07000000") {
                $0.wire.compress = true; $0.wire.compressLevel = 0
            }.compression == .none
        )
    }

    @Test("chooses the strongest common name, whatever the order and case")
    func choice() throws {
        let names = Array("foo MD5 XXHASH sha1 xxh9".utf8)
        let list = hex([UInt8(names.count)] + names)
        #expect(try clientResult("20000000 81bb" + list + "07000000").checksum == .xxh64)
    }

    @Test("answers the list of checksums before that of compressors comes: a daemon that refuses an option sends none")
    func listMissing() {
        let sink = ArraySink()
        let options = { () -> TransferOptions in
            var options = TransferOptions()
            options.setArchive()
            options.wire.compress = true
            return options
        }()
        let input = WireInput(source: ArraySource(bytes(hex: "20000000 81bb 036d6435")))
        #expect(exitCode { _ = try Handshake.client(options, input: input, output: WireOutput(sink: sink)) } == 12)
        #expect(hex(sink.bytes).hasSuffix("036d6435"))
    }

    @Test(
        "refuses unsupported versions",
        arguments: [
            ("13000000", 2), ("29000000", 2), ("1a000000", 2), ("68656c6c", 2), ("20000000 f8", 12),
            ("20000000 81bb 03666f6f", 4), ("20000000 81bb 8100" + String(repeating: "61", count: 256), 4),
        ]
    )
    func refused(stream: String, code: Int32) {
        #expect(exitCode { _ = try clientResult(stream) } == code)
    }

    @Test("refuses incremental recursion that was not offered")
    func notOffered() {
        #expect(exitCode { _ = try clientResult("20000000 81bb") { $0.wire.incrementalRecursion = false } } == 1)
    }

    @Test("of a daemon has no versions, and a random seed that is not 0")
    func daemon() throws {
        let arguments = ServerArguments(
            parsing: ["--server", "-re.iLsfxCIvu", ".", "d"].map { Array($0.utf8) },
            from: .daemon
        )
        var seeds: Set<Int32> = []
        for _ in 0..<4 {
            let input = WireInput(source: ArraySource(bytes(hex: Self.xxh128)))
            let sink = ArraySink()
            let session = try Handshake.server(arguments, version: 31, input: input, output: WireOutput(sink: sink))
            #expect(session.dialect.version == 31 && session.seed != 0 && input.dialect.version == 31)
            #expect(Array(sink.bytes.prefix(2)) == [0x81, 0xbb])
            seeds.insert(session.seed)
        }
        #expect(seeds.count > 1)
    }

    @Test("supports forced checksums for blocks and for the list")
    func forced() throws {
        let session = try clientResult("20000000 81bb 07000000") {
            $0.wire.checksumChoice = .xxh3
            $0.wire.fileChecksumChoice = .sha1
            $0.wire.separatesChecksums = true
        }
        #expect(session.checksum == .xxh3 && session.fileChecksum == .sha1)
    }

    @Test("takes the version's checksum for the half of a choice that is left to it, and negotiates nothing")
    func halves() throws {
        let session = try clientResult("20000000 81bb 07000000") {
            $0.wire.fileChecksumChoice = .xxh64
            $0.wire.separatesChecksums = true
        }
        #expect(session.checksum == .md5 && session.fileChecksum == .xxh64)
    }

    @Test("ends with code 4 when the environment excludes the checksum of an old version")
    func excluded() {
        let error = #expect(throws: WireError.self) {
            _ = try clientResult("1d000000 07000000") { $0.preferences.checksums = [.xxh64] }
        }
        #expect(error?.exitCode == 4)
    }
}
