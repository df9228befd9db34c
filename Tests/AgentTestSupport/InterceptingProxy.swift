import SecureTunnel
package import Synchronization
import TestSupport
import Transport

/// An HTTP proxy that opens TLS: it shows certificates of its own authority and reads what it carries.
///
/// ## Concurrency model
/// `contexts` is touched by the threads of the connections.
package final class InterceptingProxy: Sendable {
    /// For whom it makes certificates.
    package enum Mint: Sendable {
        /// For the name that the client calls in TLS, as most products do.
        case calledName
        /// For one name, whatever the client calls, as a proxy does that copies the target's certificate.
        case always(String)
    }

    private let authority: CertificateAuthority
    private let mint: Mint
    private let contexts = Mutex<[String: TLSContext]>([:])
    private let server = Mutex<ScriptedServer?>(nil)
    /// How many bytes clients sent inside TLS, which the proxy could read.
    package let eavesdropped = Mutex(0)

    package init(authority: String = "Corporate Inspection", mint: Mint = .calledName) throws {
        self.authority = try CertificateAuthority(name: authority)
        self.mint = mint
        let server = try ScriptedServer { [weak self] stream in try self?.serve(stream) }
        self.server.withLock { $0 = server }
    }

    /// What a setting says to use it.
    package var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }

    private func serve(_ client: SocketStream) throws {
        let head = try client.read(through: "\r\n\r\n")
        let words = head.split(separator: " ")
        guard words.first == "CONNECT", words.count > 1 else { throw Unexpected(head) }
        let target = try HostPort(parsing: String(words[1]))
        try client.write("HTTP/1.1 200 Connection established\r\n\r\n")
        let hello = try firstRecord(of: client)
        let name = serverName(in: hello) ?? target.host
        let context = try context(for: name)
        let near = try TLSStream.accept(
            over: PrefixedStream(hello, then: client),
            context: context,
            within: .seconds(10)
        )
        let far = try TLSStream.connect(
            over: dial(target, within: .seconds(10)),
            context: TLSContext(client: TLSClientConfiguration(trust: .insecure)),
            serverName: name,
            within: .seconds(10)
        )
        defer { far.close() }
        try relay(near, far) { count, isForward in
            if isForward { self.eavesdropped.withLock { $0 += count } }
        }
    }

    /// The certificate that is shown for a name, made once.
    private func context(for called: String) throws -> TLSContext {
        var name = called
        if case .always(let other) = mint { name = other }
        return try contexts.withLock { contexts in
            if let known = contexts[name] { return known }
            let kind = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." } ? "IP" : "DNS"
            let files = try authority.issue("minted", alternativeNames: "\(kind):\(name)")
            let identity = TLSIdentity(certificateChainFile: files.certificate, privateKeyFile: files.key)
            let context = try TLSContext(server: TLSServerConfiguration(identity: identity))
            contexts[name] = context
            return context
        }
    }

    private func firstRecord(of stream: SocketStream) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < 5 || bytes.count < 5 + Int(bytes[3]) << 8 + Int(bytes[4]) {
            let more = try stream.read(upTo: 16 * 1024)
            guard !more.isEmpty else { throw TransportError.closed(peer: "the client") }
            bytes += more
        }
        return bytes
    }

    /// The name in a client's hello (RFC 6066, 3), found by its extension's shape.
    private func serverName(in hello: [UInt8]) -> String? {
        // type 0, length, list length, name type 0, name length
        for start in hello.indices.dropLast(9) where hello[start] == 0 && hello[start + 1] == 0 {
            let length = Int(hello[start + 7]) << 8 | Int(hello[start + 8])
            guard Int(hello[start + 2]) << 8 | Int(hello[start + 3]) == length + 5, length > 0 else { continue }
            guard Int(hello[start + 4]) << 8 | Int(hello[start + 5]) == length + 3, hello[start + 6] == 0 else {
                continue
            }
            guard start + 9 + length <= hello.count else { continue }
            return String(decoding: hello[(start + 9)..<(start + 9 + length)], as: UTF8.self)
        }
        return nil
    }
}

/// What a test did not expect.
package struct Unexpected: Error {
    package let what: String
    package init(_ what: String) { self.what = what }
}
