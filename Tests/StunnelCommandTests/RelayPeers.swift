import Foundation
import LinuxSystem
import TestSupport
import Testing
import Transport

/// A plain TCP server of a test: each caller is handed to a closure on its own thread.
final class PlainServer: Sendable {
    let listener: Listener

    var target: String { listener.address.description }

    init(on host: String = "127.0.0.1", _ serve: @escaping @Sendable (SocketStream) throws -> Void) throws {
        let listener = try Listener(HostPort(host: host, port: 0), backlog: 512)
        self.listener = listener
        _ = try WorkerThread(name: "plain-server") {
            while let stream = try? listener.accept() {
                _ = try? WorkerThread(name: "plain-client") { try? serve(stream) }
            }
        }
    }

    deinit { listener.close() }
}

/// Two relays in a row, plain to TLS to plain, before a plain server.
struct RelayPair {
    let near: RelayProcess
    let far: RelayProcess
    private let files: CertificateFiles

    init(
        near nearProgram: RelayProcess.Program,
        far farProgram: RelayProcess.Program,
        target: String,
        version: String = "TLSv1.3",
        nearSettings: [String] = [],
        farSettings: [String] = []
    ) throws {
        files = try CertificateAuthority().issue("localhost", alternativeNames: "DNS:localhost")
        far = try RelayProcess(
            farProgram,
            isClient: false,
            connectingTo: target,
            settings: ["sslVersion = \(version)", "cert = \(files.certificate)", "key = \(files.key)"] + farSettings
        )
        near = try RelayProcess(
            nearProgram,
            isClient: true,
            connectingTo: "127.0.0.1:\(far.port)",
            settings: ["sslVersion = \(version)"] + nearSettings
        )
    }

    func dial() throws -> SocketStream { try call(near.port) }

    func stop() {
        near.process.stop()
        far.process.stop()
    }
}

/// Calls a loopback port.
func call(_ port: UInt16) throws -> SocketStream {
    let stream = try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10))
    stream.readTimeout = .seconds(40)
    return stream
}

/// Which programs stand at the two ends.
struct Ends: Sendable, CustomTestStringConvertible {
    let near: RelayProcess.Program
    let far: RelayProcess.Program
    let version: String

    var testDescription: String { "\(near) to \(far), \(version)" }

    static let all = ["TLSv1.2", "TLSv1.3"].flatMap { version in
        [Ends(near: .dvm, far: .dvm, version: version)]
            + (StunnelProcess.isInstalled
                ? [Ends(near: .dvm, far: .stock, version: version), Ends(near: .stock, far: .dvm, version: version)]
                : [])
    }
}
