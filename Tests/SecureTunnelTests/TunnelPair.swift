import LinuxSystem
import SecureTunnel
import Synchronization
import TestSupport
import Testing
import Transport

/// Runs a closure on a thread of its own and hands over its outcome.
final class Background<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let thread: Mutex<WorkerThread?>

    init(_ body: @escaping @Sendable () throws -> Value) throws {
        thread = Mutex(nil)
        let worker = try WorkerThread(name: "test-peer") { [self] in
            let result = Result { try body() }
            outcome.withLock { $0 = result }
        }
        thread.withLock { $0 = worker }
    }

    /// Waits for the outcome, at most half a minute.
    func value() throws -> Value {
        let worker = try #require(thread.withLock { $0 })
        try #require(worker.join(within: .seconds(30)), "the peer of the test hangs")
        return try #require(outcome.withLock { $0 }).get()
    }
}

/// Shakes hands between a client and a server of ours over a socket pair.
///
/// - Returns: What each side came to.
func shakeHands(
    client: TLSClientConfiguration,
    server: TLSServerConfiguration,
    name: String = "localhost"
) throws -> (client: Result<TLSStream, SecureTunnelError>, server: Result<TLSStream, SecureTunnelError>) {
    let (near, far) = try SocketStream.pair()
    let clientContext = try TLSContext(client: client)
    let serverContext = try TLSContext(server: server)
    let answer = try Background {
        Result { () throws(SecureTunnelError) in
            try TLSStream.accept(over: far, context: serverContext, within: .seconds(10))
        }
    }
    let call = Result { () throws(SecureTunnelError) in
        try TLSStream.connect(over: near, context: clientContext, serverName: name, within: .seconds(10))
    }
    return (call, try answer.value())
}

/// Everything until the end of a stream.
func readAll(_ stream: any ByteStream) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
        let piece = try stream.read(upTo: 64 * 1024)
        guard !piece.isEmpty else { return all }
        all += piece
    }
}

extension CertificateFiles {
    /// The tunnel's view of a test certificate.
    var identity: TLSIdentity { TLSIdentity(certificateChainFile: certificate, privateKeyFile: key) }
}
