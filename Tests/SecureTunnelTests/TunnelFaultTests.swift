import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("Tunnel faults")
struct TunnelFaultTests {
    @Test(
        "identifies the protocol of a port that does not speak TLS",
        .timeLimit(.minutes(10)),
        arguments: [
            ("@RSYNCD: 31.0 sha512\n", "plain rsync"), ("HTTP/1.1 400 Bad Request\r\n\r\n", "plain HTTP"),
            ("220 mail\u{1}\r\n", "\"220 mail\\#001\\#015\\#012\""), ("x", "\"x\""),
        ]
    )
    func plainServer(greeting: String, words: String) throws {
        let (near, far) = try SocketStream.pair()
        try far.write(Array(greeting.utf8))
        try far.closeWrite()
        let context = try TLSContext(client: TLSClientConfiguration(trust: .insecure))
        let error = #expect(throws: SecureTunnelError.self) {
            try TLSStream.connect(over: near, context: context, serverName: "localhost", within: .seconds(5))
        }
        #expect(error == .notTLS(peer: near.peerDescription, firstBytes: Array(greeting.utf8)))
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(
        "identifies the protocol of a client that does not speak TLS",
        .timeLimit(.minutes(10)),
        arguments: [
            "@RSYNCD: 31.0\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ]
    )
    func plainClient(greeting: String) throws {
        let (near, far) = try SocketStream.pair()
        try far.write(Array(greeting.utf8))
        let error = #expect(throws: SecureTunnelError.self) {
            try TLSStream.accept(over: near, context: try serverContext(), within: .seconds(5))
        }
        #expect(error == .notTLS(peer: near.peerDescription, firstBytes: Array(greeting.utf8)))
    }

    @Test(
        "gives up a handshake that stalls, at the start or in the middle",
        .timeLimit(.minutes(10)),
        arguments: [
            "", "16030300", "16030100ff01",
        ]
    )
    func stall(start: String) throws {
        let (near, far) = try SocketStream.pair()
        try far.write(bytes(hex: start))
        let context = try serverContext()
        let began = ContinuousClock.now
        let error = #expect(throws: SecureTunnelError.self) {
            try TLSStream.accept(over: near, context: context, within: .milliseconds(50))
        }
        #expect(error == .handshakeTimeout(peer: near.peerDescription, after: .milliseconds(50)))
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(throws: TransportError.closed(peer: near.peerDescription)) { try near.read(upTo: 1) }
    }

    @Test("a trickle of bytes does not stretch the handshake's deadline", .timeLimit(.minutes(10)))
    func trickle() throws {
        let (near, far) = try SocketStream.pair()
        let context = try serverContext()
        let feeder = try Background {
            // A record of 16,000 bytes that begins like a hello, a byte at a time, until the other side hangs up.
            far.readTimeout = .milliseconds(1)
            for byte in bytes(hex: "1603013e80 01003e7c 0303") + [UInt8](repeating: 0, count: 16_000) {
                guard (try? far.write([byte])) != nil else { return }
                _ = try? far.read(upTo: 1)  // a pause of a millisecond: nothing comes
            }
        }
        let error = #expect(throws: SecureTunnelError.self) {
            try TLSStream.accept(over: near, context: context, within: .milliseconds(100))
        }
        #expect(error == .handshakeTimeout(peer: near.peerDescription, after: .milliseconds(100)))
        try feeder.value()
    }

    @Test("random bytes after the handshake are an error on both sides", .timeLimit(.minutes(10)))
    func randomBytes() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let (near, far, transport) = try tappedPair()
            var generator = Pattern(seed: seed * 7919)
            try transport.write(generator.next(500))
            let error = #expect(throws: TransportError.self) { try near.read(upTo: 100) }
            guard case .violation = error.flatMap({ SecureTunnelError($0) }) else { throw Unexpected(error) }
            let seen = #expect(throws: TransportError.self) { try far.read(upTo: 100) }
            guard case .alert = seen.flatMap({ SecureTunnelError($0) }) else { throw Unexpected(seen) }
        }
    }

    @Test("a flipped bit in a record is an error, never data", .timeLimit(.minutes(10)))
    func flippedBit() throws {
        let (near, middleNear) = try SocketStream.pair()
        let (middleFar, far) = try SocketStream.pair()
        let context = try serverContext()
        let server = try Background { try TLSStream.accept(over: far, context: context, within: .seconds(10)) }
        let pumps = [
            try Background { try? pump(from: middleNear, to: middleFar, flipping: nil) },
            try Background { try? pump(from: middleFar, to: middleNear, flipping: 0xFFFF) },
        ]
        let client = try TLSStream.connect(
            over: near,
            context: try TLSContext(client: TLSClientConfiguration(trust: .insecure)),
            serverName: "localhost",
            within: .seconds(10)
        )
        try server.value().write([UInt8](repeating: 1, count: 200_000))
        var received = 0
        let error = #expect(throws: TransportError.self) {
            while true { received += try client.read(upTo: 1000).count { $0 == 1 } }
        }
        guard case .violation = error.flatMap({ SecureTunnelError($0) }) else { throw Unexpected(error) }
        #expect(received % 16_384 == 0, "only whole records were handed over")
        client.close()
        try server.value().close()
        for pump in pumps { _ = try pump.value() }
    }

    @Test(
        "a peer that hangs up at any byte of the handshake is an error",
        .timeLimit(.minutes(10)),
        arguments: [
            TLSVersion.tls12, .tls13,
        ]
    )
    func hangUpAnywhere(version: TLSVersion) throws {
        let server = try serverContext()
        var configuration = TLSClientConfiguration(trust: .insecure)
        configuration.maximumVersion = version
        let client = try TLSContext(client: configuration)
        for direction in [Cut.toClient, .toServer] {
            var limit = 0
            var isWhole = false
            while !isWhole {
                isWhole = try handshake(client, server, cutting: direction, after: limit)
                limit += 1
            }
            #expect(limit > 200, "the handshake takes some hundred bytes each way")
        }
    }

    /// Which direction a handshake is cut in.
    private enum Cut { case toClient, toServer }

    /// Makes a handshake through a middle that hangs up.
    ///
    /// - Returns: Whether the whole handshake got through in the direction that is cut.
    private func handshake(_ client: TLSContext, _ server: TLSContext, cutting: Cut, after limit: Int) throws -> Bool {
        let (near, middleNear) = try SocketStream.pair()
        let (middleFar, far) = try SocketStream.pair()
        let answer = try Background {
            Result { () throws(SecureTunnelError) in
                try TLSStream.accept(over: far, context: server, within: .seconds(10))
            }
        }
        let cut = cutting
        let down = try Background {
            relay(from: middleFar, to: middleNear, atMost: cut == .toClient ? limit : .max)
        }
        let up = try Background {
            relay(from: middleNear, to: middleFar, atMost: cut == .toServer ? limit : .max)
        }
        let call = Result { () throws(SecureTunnelError) in
            try TLSStream.connect(over: near, context: client, serverName: "localhost", within: .seconds(10))
        }
        // Both are done, well or not, before anybody hangs up permanently.
        let answered = try answer.value()
        for end in [near, far, middleNear, middleFar] { end.close() }
        let wasCut = [try down.value(), try up.value()].contains(true)
        for failure in [call.failure, answered.failure] {
            if case .handshakeTimeout = failure { throw Unexpected(failure) }
            if case .violation = failure { throw Unexpected(failure) }
        }
        if wasCut, cutting == .toServer { #expect(answered.failure != nil) }
        return !wasCut
    }

    private func serverContext() throws -> TLSContext {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        return try TLSContext(server: TLSServerConfiguration(identity: files.identity))
    }

    /// A client, its server, and the transport of the server to write past it.
    private func tappedPair() throws -> (TLSStream, TLSStream, SocketStream) {
        let (near, far) = try SocketStream.pair()
        let context = try serverContext()
        let answer = try Background { try TLSStream.accept(over: far, context: context, within: .seconds(10)) }
        let client = try TLSStream.connect(
            over: near,
            context: try TLSContext(client: TLSClientConfiguration(trust: .insecure)),
            serverName: "localhost",
            within: .seconds(10)
        )
        return (client, try answer.value(), far)
    }
}

/// Copies until the end or the limit, then hangs up both.
///
/// - Returns: Whether the limit was reached and more had arrived.
private func relay(from source: SocketStream, to target: SocketStream, atMost limit: Int) -> Bool {
    defer {
        source.close()
        target.close()
    }
    var rest = limit
    while let piece = try? source.read(upTo: 16_384), !piece.isEmpty {
        guard (try? target.write(Array(piece.prefix(rest)))) != nil else { return false }
        guard piece.count <= rest else { return true }
        rest -= piece.count
    }
    return false
}

/// Copies until the end; flips a bit of the byte at a place, if one is given.
private func pump(from source: SocketStream, to target: SocketStream, flipping place: Int?) throws {
    var position = 0
    while true {
        var piece = try source.read(upTo: 16_384)
        guard !piece.isEmpty else { return try target.closeWrite() }
        if let place, (position..<(position + piece.count)).contains(place) { piece[place - position] ^= 4 }
        position += piece.count
        try target.write(piece)
    }
}

extension Result {
    /// The error, if it is one.
    var failure: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
