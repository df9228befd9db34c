import SecureTunnel
import TestSupport
import Testing
import Transport

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

extension CertificateFiles {
    /// The tunnel's view of a test certificate.
    var identity: TLSIdentity { TLSIdentity(certificateChainFile: certificate, privateKeyFile: key) }
}
