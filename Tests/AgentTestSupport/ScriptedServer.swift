package import LinuxSystem
package import SecureTunnel
package import TestSupport
package import Transport

/// A server on a loopback port that does with each connection what a test says, until the value goes away.
package final class ScriptedServer: Sendable {
    private let listener: Listener

    /// Starts to listen.
    ///
    /// - Parameter serve: Called on a thread for each connection, which is closed when it returns or throws.
    /// - Throws: When it cannot listen.
    package init(_ serve: @escaping @Sendable (SocketStream) throws -> Void) throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        self.listener = listener
        _ = try Background {
            while let stream = try? listener.accept() {
                _ = try Background {
                    defer { stream.close() }
                    try? serve(stream)
                }
            }
        }
    }

    deinit { listener.close() }

    /// Answers TLS with a certificate, then does what the test says inside it; sends close_notify at the end.
    ///
    /// - Parameters:
    ///   - identity: What to show.
    ///   - authorities: The CAs of clients; nil asks them for nothing.
    ///   - serve: Called inside the tunnel.
    /// - Throws: When it cannot listen, or the files cannot be used.
    package convenience init(
        tls identity: CertificateFiles,
        clientsOf authorities: CertificateFiles? = nil,
        _ serve: @escaping @Sendable (TLSStream) throws -> Void
    ) throws {
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(certificateChainFile: identity.certificate, privateKeyFile: identity.key)
        )
        configuration.clientTrust = authorities.map { .authorities(pemFile: $0.certificate) }
        let context = try TLSContext(server: configuration)
        try self.init { socket in
            let stream = try TLSStream.accept(over: socket, context: context, within: .seconds(20))
            try serve(stream)
            try stream.closeWrite()
            // Wait for the peer to hang up, lest the kernel reset what it has not read.
            while try !stream.read(upTo: 4096).isEmpty {}
        }
    }

    /// The port it listens on.
    package var port: UInt16 { listener.address.port }

    /// Where it listens.
    package var address: String { "127.0.0.1:\(port)" }
}

extension ByteStream {
    /// Writes a text.
    package func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Reads up to and including a text, byte by byte.
    package func read(through end: String) throws -> String {
        var bytes: [UInt8] = []
        while !bytes.reversed().starts(with: end.utf8.reversed()) {
            let more = try read(upTo: 1)
            guard !more.isEmpty else { throw TransportError.closed(peer: "the stream ended") }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A stream whose first bytes have been read already.
package final class PrefixedStream: ByteStream {
    private let stream: SocketStream
    private let prefix: BoundedQueue<UInt8>

    package init(_ prefix: [UInt8], then stream: SocketStream) {
        self.stream = stream
        self.prefix = BoundedQueue(capacity: prefix.count + 1, name: "first bytes")
        for byte in prefix { self.prefix.push(byte) }
    }

    package func read(into slice: MemorySlice) throws(TransportError) -> Int {
        var count = 0
        while count < slice.count, let byte = prefix.tryPop() {
            slice.memory.store(byte, at: slice.range.lowerBound + count)
            count += 1
        }
        return count > 0 ? count : try stream.read(into: slice)
    }

    package func readNow(into slice: MemorySlice) throws(TransportError) -> Int? { try stream.readNow(into: slice) }

    package func write(_ bytes: RawSpan) throws(TransportError) { try stream.write(bytes) }
    package func closeWrite() throws(TransportError) { try stream.closeWrite() }
    package func close() { stream.close() }
    package var peerDescription: String { stream.peerDescription }
    package var activity: StreamActivity { stream.activity }
    package var readTimeout: Duration? {
        get { stream.readTimeout }
        set { stream.readTimeout = newValue }
    }
    package var writeTimeout: Duration? {
        get { stream.writeTimeout }
        set { stream.writeTimeout = newValue }
    }
}

/// Carries bytes both ways until both have ended.
///
/// - Parameters:
///   - one: The first stream.
///   - other: The second.
///   - moved: Called after each piece with its length and whether it went from the first stream to the second.
/// - Throws: When no thread can be had, or one hangs.
package func relay(
    _ one: any ByteStream,
    _ other: any ByteStream,
    moved: @escaping @Sendable (_ count: Int, _ isForward: Bool) -> Void
) throws {
    let back = try Background { try? pump(from: other, to: one) { moved($0, false) } }
    try? pump(from: one, to: other) { moved($0, true) }
    _ = try back.value(within: 120)
}

private func pump(from: any ByteStream, to: any ByteStream, moved: (Int) -> Void) throws {
    defer { try? to.closeWrite() }
    while true {
        let bytes = try from.read(upTo: 64 * 1024)
        guard !bytes.isEmpty else { return }
        try to.write(bytes)
        moved(bytes.count)
    }
}
