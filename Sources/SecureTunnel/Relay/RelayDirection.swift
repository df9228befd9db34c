import LinuxSystem
import Transport

/// One direction of a connection: reads from one stream, writes to the other, forwards the end of file.
struct RelayDirection: Sendable {
    /// How long an idle direction keeps its memory.
    private static let patience = Duration.seconds(2)

    private let source: any ByteStream
    private let sink: any ByteStream
    /// Both sides of the connection: it is idle only when neither moves.
    private let plain: SocketStream
    private let tunnel: TLSStream
    private let idle: Duration
    private let memory: RelayMemory

    /// Creates a direction.
    ///
    /// - Parameters:
    ///   - source: Where bytes come from; one of the two streams.
    ///   - sink: Where they go; the other.
    ///   - plain: The side without TLS.
    ///   - tunnel: The side with TLS.
    ///   - idle: The idle limit of both directions.
    ///   - memory: Determines the chunk size.
    init(
        from source: any ByteStream,
        to sink: any ByteStream,
        plain: SocketStream,
        tunnel: TLSStream,
        idle: Duration,
        memory: RelayMemory
    ) {
        self.source = source
        self.sink = sink
        self.plain = plain
        self.tunnel = tunnel
        self.idle = idle
        self.memory = memory
    }

    /// Copies bytes until the source ends cleanly, then ends the sink's direction.
    func carry() throws(TransportError) {
        let buffer = RelayBuffer()
        var wait = min(Self.patience, idle)
        while true {
            let size = memory.pieceSize
            tunnel.pieceSize = size
            source.readTimeout = wait
            let space = buffer.space(size)
            let count: Int
            do throws(TransportError) {
                count = try source.read(into: space)
            } catch {
                guard case .timedOut = error else { throw error }
                let silence = min(plain.activity.sinceLastByte, tunnel.activity.sinceLastByte)
                guard silence < idle else {
                    throw .timedOut(waitingFor: "a byte in either direction (TIMEOUTidle)", after: idle)
                }
                buffer.trim()
                tunnel.trim()
                wait = idle - silence
                continue
            }
            guard count > 0 else { return try sink.closeWrite() }
            try sink.write(space.prefix(count).bytes)
            wait = min(Self.patience, idle)
        }
    }
}
