import LinuxSystem
import SecureTunnel
import TestSupport
import Testing
import Transport

@Suite("TLSStream")
struct TLSStreamTests {
    @Test(
        "carries bytes both ways and agrees on version, name and protocol",
        .timeLimit(.minutes(10)),
        arguments: [TLSVersion.tls12, .tls13]
    )
    func carries(version: TLSVersion) throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("ignored", alternativeNames: "DNS:localhost")
        var client = TLSClientConfiguration(
            trust: .authorities(pemFile: authority.files.certificate),
            applicationProtocols: ["dvm/2", "dvm/1"]
        )
        client.maximumVersion = version
        let server = TLSServerConfiguration(identity: files.identity, applicationProtocols: ["dvm/1"])
        let ends = try shakeHands(client: client, server: server)
        let near = try ends.client.get()
        let far = try ends.server.get()
        #expect(near.session.version == (version == .tls12 ? "TLSv1.2" : "TLSv1.3"))
        #expect(near.session.applicationProtocol == "dvm/1")
        #expect(near.session.peerSHA256 == (try files.sha256()))
        #expect(far.session.serverName == "localhost")
        #expect(far.session.applicationProtocol == "dvm/1")

        let question = [UInt8](repeating: 7, count: 700_000)
        let echo = try Background {
            let bytes = try readAll(far)
            try far.write(bytes.reversed() + [1])
            try far.closeWrite()
        }
        try near.write(question)
        try near.closeWrite()
        #expect(try readAll(near) == question.reversed() + [1])
        try echo.value()
        #expect(try near.read(upTo: 1).isEmpty, "the end stays the end")
    }

    @Test("works without a common application protocol", .timeLimit(.minutes(10)))
    func noCommonProtocol() throws {
        let authority = try CertificateAuthority()
        let files = try authority.issue("localhost")
        let client = TLSClientConfiguration(trust: .insecure, applicationProtocols: ["h2"])
        let server = TLSServerConfiguration(identity: files.identity, applicationProtocols: ["dvm/1"])
        let ends = try shakeHands(client: client, server: server)
        #expect(try ends.client.get().session.applicationProtocol == nil)
        #expect(try ends.server.get().session.applicationProtocol == nil)
    }

    @Test("takes available records without waiting, and distinguishes no data yet from the end")
    func readNow() throws {
        let (near, far) = try connectedPair()
        let buffer = ByteMemory(count: 100).all
        // A session ticket may have arrived, which is not data.
        #expect(try near.readNow(into: buffer) == nil)
        try far.write([1, 2, 3])
        #expect(try near.read(upTo: 1) == [1])
        #expect(try near.readNow(into: buffer) == 2)
        #expect(try near.readNow(into: buffer) == nil)
        try far.closeWrite()
        #expect(try near.read(upTo: 1).isEmpty)
        #expect(try near.readNow(into: buffer) == 0)
    }

    @Test("treats an end without close_notify as truncation", .timeLimit(.minutes(10)))
    func truncation() throws {
        let (near, far) = try connectedPair()
        try far.write([1, 2, 3])
        far.close()
        #expect(try near.read(upTo: 10) == [1, 2, 3])
        let error = #expect(throws: TransportError.self) { try near.read(upTo: 10) }
        #expect(error.flatMap { SecureTunnelError($0) } == .truncated(peer: near.peerDescription))
        let again = #expect(throws: TransportError.self) { try near.read(upTo: 10) }
        #expect(again == error, "a failed stream stays failed")
    }

    @Test("wakes a blocked reader when it is closed", .timeLimit(.minutes(10)))
    func closeWakes() throws {
        let (near, far) = try connectedPair()
        let reader = try Background { #expect(throws: TransportError.self) { try near.read(upTo: 1) } }
        near.close()
        #expect(try reader.value() == .closed(peer: near.peerDescription))
        far.close()
    }

    @Test("reports a silent peer by name and goes on afterwards", .timeLimit(.minutes(10)))
    func readTimeout() throws {
        let (near, far) = try connectedPair()
        near.readTimeout = .milliseconds(30)
        let error = #expect(throws: TransportError.self) { try near.read(upTo: 1) }
        #expect(error == .timedOut(waitingFor: "bytes from \(near.peerDescription)", after: .milliseconds(30)))
        try far.write([9])
        #expect(try near.read(upTo: 1) == [9])
    }

    @Test("writes while the peer does not read do not stop reads", .timeLimit(.minutes(10)))
    func fullDuplex() throws {
        let (near, far) = try connectedPair()
        let count = 64 * 1024 * 1024
        let ends = [(near, far), (far, near)]
        // Both sides first fill the other's buffers: whoever held a lock around a wait would never come out.
        let writers = try ends.map { end, _ in
            try Background {
                var generator = Pattern(seed: 1)
                for _ in 0..<(count / 262_144) { try end.write(generator.next(262_144)) }
                try end.closeWrite()
            }
        }
        let readers = try ends.map { end, _ in
            try Background { () -> Int in
                var generator = Pattern(seed: 1)
                var total = 0
                while true {
                    let piece = try end.read(upTo: 100_000)
                    guard !piece.isEmpty else { return total }
                    guard generator.next(piece.count) == piece else { return -1 }
                    total += piece.count
                }
            }
        }
        for writer in writers { try writer.value() }
        for reader in readers { #expect(try reader.value() == count) }
    }
}

/// A client and a server that have shaken hands.
func connectedPair() throws -> (TLSStream, TLSStream) {
    let authority = try CertificateAuthority()
    let files = try authority.issue("localhost")
    let ends = try shakeHands(
        client: TLSClientConfiguration(trust: .authorities(pemFile: authority.files.certificate)),
        server: TLSServerConfiguration(identity: files.identity)
    )
    return (try ends.client.get(), try ends.server.get())
}
