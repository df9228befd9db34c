import SecureTunnel
import TestSupport
import Transport

/// A plain TCP server that says a word to everybody who comes: what stands behind a tunnel under test.
final class GreetingServer: Sendable {
    /// What it says.
    static let words = Array("welcome\n".utf8)

    /// Where it listens.
    let address: HostPort
    private let listener: Listener
    private let server: Background<Void>

    init() throws {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        self.listener = listener
        address = listener.address
        server = try Background {
            while let stream = try? listener.accept() {
                // A client that is rejected takes its connection along.
                try? stream.write(Self.words)
                try? stream.closeWrite()
                while let piece = try? stream.read(upTo: 100), !piece.isEmpty {}
                stream.close()
            }
        }
    }

    /// Takes no more connections.
    func stop() {
        listener.close()
        _ = try? server.value()
    }
}

/// Says the words on a tunnel and waits for its end.
func greet(_ stream: TLSStream) throws(SecureTunnelError) {
    do throws(TransportError) {
        try stream.write(GreetingServer.words)
        try stream.closeWrite()
        while true {
            let piece = try stream.read(upTo: 100)
            guard !piece.isEmpty else { break }
        }
        stream.close()
    } catch {
        throw SecureTunnelError(error) ?? .transport(error)
    }
}

/// Calls a tunnel whose other end greets.
///
/// - Returns: Why there was no greeting; nil when there was one.
func greeting(of port: UInt16, as context: TLSContext, name: String = "localhost") -> SecureTunnelError? {
    do throws(TransportError) {
        let socket = try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10))
        let stream: TLSStream
        do throws(SecureTunnelError) {
            stream = try TLSStream.connect(over: socket, context: context, serverName: name, within: .seconds(10))
        } catch {
            return error
        }
        defer { stream.close() }
        let words = try stream.read(upTo: 100)
        try stream.closeWrite()
        return words == GreetingServer.words ? nil : .truncated(peer: "no greeting")
    } catch {
        return SecureTunnelError(error) ?? .transport(error)
    }
}
