import Glibc
import LinuxSystem
import SecureTunnel
import Transport

/// The counterpart of `Benchmarks/openssl-copy`: a file through our tunnel, one thread on each side.
enum TunnelCopy {
    private static let size = 256 * 1024

    /// Obeys `receive FILE CERTIFICATE KEY` (prints its port, takes one connection) or `send FILE PORT`.
    ///
    /// - Returns: Whether the words made sense.
    static func run(_ words: [String]) throws -> Bool {
        switch words.first {
        case "send" where words.count == 3: try send(words[1], to: UInt16(words[2]) ?? 0)
        case "receive" where words.count == 4: try receive(words[1], certificate: words[2], key: words[3])
        default: return false
        }
        return true
    }

    private static func send(_ path: String, to port: UInt16) throws {
        let file = open(path, O_RDONLY)
        let stream = try TLSStream.connect(
            over: try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10)),
            context: try TLSContext(client: TLSClientConfiguration(trust: .insecure)),
            serverName: "localhost",
            within: .seconds(10)
        )
        let buffer = ByteMemory(count: size, alignment: 4096)
        while true {
            let count = buffer.all.withMutableSpan { $0.withUnsafeMutableBytes { read(file, $0.baseAddress, size) } }
            precondition(count >= 0, "read")
            guard count > 0 else { break }
            try stream.write(buffer[0..<count].bytes)
        }
        try stream.closeWrite()
        while try stream.read(into: buffer.all) > 0 {}
    }

    private static func receive(_ path: String, certificate: String, key: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let identity = TLSIdentity(certificateChainFile: certificate, privateKeyFile: key)
        let context = try TLSContext(server: TLSServerConfiguration(identity: identity))
        print(listener.address.port)
        fflush(nil)
        let stream = try TLSStream.accept(over: try listener.accept(), context: context, within: .seconds(10))
        let buffer = ByteMemory(count: size, alignment: 4096)
        while true {
            let count = try stream.read(into: buffer.all)
            guard count > 0 else { break }
            let written = buffer[0..<count].bytes.withUnsafeBytes { write(file, $0.baseAddress, count) }
            precondition(written == count, "write")
        }
        try stream.closeWrite()
    }
}
