import ProcessSupport
import RsyncEngine
import SecureTunnel
import Transport
import VolumeAccess

/// One connection of a target that a session runs over.
struct ServedConnection: DaemonConnection {
    /// A tunnel, or the plain socket.
    let stream: any ByteStream
    /// What it runs over.
    let socket: SocketStream
    /// Its number in the table of connections.
    let number: Int
    let connections: ServedConnections
    let stop: SessionStop?
    /// How many sessions there may be at once.
    let limit: Int
    let nameFiles: NameFiles

    var isGone: Bool { socket.hasHungUp }

    func beginSession() -> [UInt8]? {
        if let refusal = nameFiles.refusal { return Array(refusal.utf8) }
        (stream as? TLSStream)?.pieceSize = TLSStream.usualPiece
        guard !connections.beginSession(number, limit: limit) else { return nil }
        return Array("max connections (\(limit)) reached -- try again later".utf8)
    }

    func end() { stream.close() }
}
