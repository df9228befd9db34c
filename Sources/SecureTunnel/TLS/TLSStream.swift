import Glibc
package import LinuxSystem
import Synchronization
package import Transport

/// A byte stream through TLS over another byte stream.
///
/// Reading and writing throw ``TransportError``; when TLS itself is the cause, ``SecureTunnelError/init(_:)`` gets it
/// out. An end without close_notify is never treated as a clean end. After a failed write the stream can no longer be
/// used for writing, since part of a record may have been sent.
///
/// ## Concurrency model
/// One thread reads while another writes. `readTurn` is held by the thread that reads from the transport, `sendTurn` by
/// the one that writes to it, so that records go out in the order they were encrypted in; the engine's own lock is taken
/// inside either, never around a wait. Neither turn is taken while holding the other, except for attempts that do not
/// wait.
package final class TLSStream: ByteStream {
    private let transport: any ByteStream
    private let engine: TLSEngine
    private let readTurn = Mutex(())
    private let sendTurn = Mutex(())
    /// The failure that ended the stream in this direction, for all later calls.
    private let readFailure = Mutex<TransportError?>(nil)
    private let writeFailure = Mutex<TransportError?>(nil)
    /// Closed when `readFailure` is set: a writer whose transport broke waits here for the peer's last word.
    private let readFailed = BoundedQueue<Never>(capacity: 1, name: "failure of the tunnel")
    private let isEnded = Atomic<Bool>(false)
    private let largestPiece: Atomic<Int>
    /// What both sides agreed on.
    package let session: TLSSession

    /// Connects as a client: performs the handshake and verifies the server.
    ///
    /// - Parameters:
    ///   - transport: A fresh connection, or one through a proxy. Closed when the handshake fails.
    ///   - context: Made for a client.
    ///   - serverName: The connected host: sent as SNI when it is a name, and checked against the certificate.
    ///   - limit: The time limit for the whole handshake.
    /// - Returns: The stream, ready.
    /// - Throws: ``SecureTunnelError``.
    package static func connect(
        over transport: any ByteStream,
        context: TLSContext,
        serverName: String,
        within limit: Duration
    ) throws(SecureTunnelError) -> TLSStream {
        precondition(!context.isServer, "a client needs a client's context")
        // The trailing dot of a fully qualified name is omitted in TLS (RFC 6066, 3).
        let name = serverName.hasSuffix(".") ? String(serverName.dropLast()) : serverName
        return try TLSStream(over: transport, context: context, serverName: name, within: limit)
    }

    /// Accepts a client: performs the handshake and, if the context requires it, verifies the client's certificate.
    ///
    /// - Parameters:
    ///   - transport: A fresh connection. Closed when the handshake fails.
    ///   - context: Made for a server.
    ///   - limit: The time limit for the whole handshake.
    ///   - pieceSize: The read size on the transport, in the handshake and until ``pieceSize`` is
    ///     set.
    /// - Returns: The stream, ready.
    /// - Throws: ``SecureTunnelError``.
    package static func accept(
        over transport: any ByteStream,
        context: TLSContext,
        within limit: Duration,
        pieceSize: Int = usualPiece
    ) throws(SecureTunnelError) -> TLSStream {
        precondition(context.isServer, "a server needs a server's context")
        return try TLSStream(
            over: transport,
            context: context,
            serverName: nil,
            within: limit,
            pieceSize: pieceSize
        )
    }

    private init(
        over transport: any ByteStream,
        context: TLSContext,
        serverName: String?,
        within limit: Duration,
        pieceSize: Int = usualPiece
    ) throws(SecureTunnelError) {
        self.transport = transport
        largestPiece = Atomic(pieceSize)
        let engine = try TLSEngine(context: context, serverName: serverName, peer: transport.peerDescription)
        self.engine = engine
        if pieceSize < Self.largestRecord { engine.limitHandshake() }
        do throws(SecureTunnelError) {
            try shakeHands(engine, over: transport, within: limit, pieceSize: pieceSize)
        } catch {
            transport.close()
            throw error
        }
        session = engine.session()
        if pieceSize < Self.largestRecord { trim() }
    }

    /// Reads and decrypts what is available, waiting for at least one byte.
    package func read(into slice: MemorySlice) throws(TransportError) -> Int {
        let count = try take(into: slice) { () throws(TransportError) in
            try fill()
            return true
        }
        return count ?? 0
    }

    /// Reads and decrypts what is available; nil when that is not a whole record.
    package func readNow(into slice: MemorySlice) throws(TransportError) -> Int? {
        try take(into: slice) { () throws(TransportError) in
            guard let count = try transport.readNow(into: freeInput()) else { return false }
            engine.supply(count)
            return true
        }
    }

    /// Decrypts into a buffer.
    ///
    /// - Parameters:
    ///   - slice: Where the bytes go; not empty.
    ///   - supply: Supplies more input to the engine, with the reader's turn held; false when there is none now.
    /// - Returns: How many bytes there are, 0 at the end; nil when `supply` had nothing.
    /// - Throws: ``TransportError``.
    private func take(
        into slice: MemorySlice,
        _ supply: () throws(TransportError) -> Bool
    ) throws(TransportError) -> Int? {
        precondition(!slice.isEmpty, "a read needs a buffer")
        return try readTurn.withLock { (_) throws(TransportError) in
            while true {
                switch engine.decrypt(into: slice) {
                case .bytes(let count): return count
                case .end: return 0
                case .needsInput: guard try supply() else { return nil }
                case .failed(let error): throw fail(error)
                }
            }
        }
    }

    /// Encrypts and sends all of the bytes, several records at a time.
    package func write(_ bytes: RawSpan) throws(TransportError) {
        precondition(!isEnded.load(ordering: .relaxed), "a write after closeWrite")
        try sendTurn.withLock { (_) throws(TransportError) in
            if let failure = writeFailure.withLock({ $0 }) { throw failure }
            var rest = bytes
            while !rest.isEmpty {
                let size = min(TLSEngine.largestPlaintext, pieceSize)
                let piece = rest.extracting(first: size)
                if let error = engine.encrypt(piece) { throw error.asTransportError }
                try sendOutput()
                rest = rest.extracting(droppingFirst: piece.byteCount)
            }
        }
    }

    /// Sends close_notify.
    ///
    /// Reading goes on; the transport below stays open. A stock stunnel with `TIMEOUTclose = 0`, as MTC sets it, drops
    /// what is still on its way to us when it sees close_notify: first read all that the peer has to say.
    package func closeWrite() throws(TransportError) {
        guard !isEnded.exchange(true, ordering: .relaxed) else { return }
        try sendTurn.withLock { (_) throws(TransportError) in
            if let failure = writeFailure.withLock({ $0 }) { throw failure }
            engine.encryptEnd()
            try sendOutput()
        }
    }

    /// Closes the transport at once.
    ///
    /// Without a preceding ``closeWrite()``, the peer sees a truncated stream.
    package func close() {
        transport.close()
    }

    /// Who is at the other end of the transport.
    package var peerDescription: String { transport.peerDescription }

    /// The limit of a wait for bytes from the transport.
    package var readTimeout: Duration? {
        get { transport.readTimeout }
        set { transport.readTimeout = newValue }
    }

    /// The limit of a wait for the transport to take bytes.
    package var writeTimeout: Duration? {
        get { transport.writeTimeout }
        set { transport.writeTimeout = newValue }
    }

    /// Traffic on the transport: encrypted bytes, including the handshake.
    package var activity: StreamActivity { transport.activity }
}

extension TLSStream {
    /// The usual ``pieceSize``.
    package static let usualPiece = 256 * 1024
    fileprivate static let largestRecord = 16 * 1024

    /// The largest chunk that is moved at once, which determines how much memory the stream uses.
    ///
    /// For limiting the memory of many streams; 16 KiB, a record, is the useful minimum for data. With
    /// less, OpenSSL also keeps only as much memory as necessary.
    package var pieceSize: Int {
        get { largestPiece.load(ordering: .relaxed) }
        set {
            largestPiece.store(newValue, ordering: .relaxed)
            engine.releaseBuffers(newValue < Self.largestRecord)
        }
    }

    /// Releases memory while the stream is idle; memory in use is kept.
    func trim() {
        _ = readTurn.withLockIfAvailable { _ in engine.trimInput() }
        _ = sendTurn.withLockIfAvailable { _ in engine.trimOutput() }
    }

    /// Reads once from the transport into the engine.
    ///
    /// The reader's turn is held.
    private func fill() throws(TransportError) {
        engine.supply(try transport.read(into: freeInput()))
    }

    private func freeInput() -> MemorySlice {
        let space = engine.freeInput()
        return space.prefix(min(space.count, pieceSize))
    }

    /// Sends what the engine has ready.
    ///
    /// The sender's turn is held.
    private func sendOutput() throws(TransportError) {
        let records = engine.takeOutput()
        do throws(TransportError) {
            try transport.write(records.bytes)
        } catch {
            let cause = explain(error)
            writeFailure.withLock { $0 = cause }
            throw cause
        }
    }

    /// Records a failure of the reading direction and notifies the peer.
    ///
    /// The reader's turn is held.
    private func fail(_ error: SecureTunnelError) -> TransportError {
        let failure = error.asTransportError
        readFailure.withLock { $0 = failure }
        readFailed.close()
        // The alert is best effort: it must neither wait for a busy sender nor for an unresponsive peer.
        _ = sendTurn.withLockIfAvailable { _ in
            let limit = transport.writeTimeout
            transport.writeTimeout = .seconds(1)
            try? transport.write(engine.takeOutput().bytes)
            transport.writeTimeout = limit
        }
        return failure
    }

    /// Determines why the transport broke while sending: a peer that rejects us sends an alert before it closes the connection.
    private func explain(_ error: TransportError) -> TransportError {
        guard case .reset = error else { return error }
        if readTurn.withLockIfAvailable({ _ in lookForLastWord() }) == nil {
            // Another thread is reading, and will see the same end.
            _ = readFailed.pop(within: .milliseconds(500))
        }
        return readFailure.withLock { $0 } ?? error
    }

    /// Processes what the peer sent before it closed the connection, until an error is found or data is in the way.
    private func lookForLastWord() {
        let limit = transport.readTimeout
        defer { transport.readTimeout = limit }
        transport.readTimeout = .milliseconds(500)
        while true {
            switch engine.peek() {
            case .bytes, .end: return
            case .needsInput: do { try fill() } catch { return }
            case .failed(let error):
                readFailure.withLock { $0 = error.asTransportError }
                return
            }
        }
    }
}

/// Performs the handshake; all waits share one deadline.
func shakeHands(
    _ engine: TLSEngine,
    over transport: any ByteStream,
    within limit: Duration,
    pieceSize: Int = TLSStream.usualPiece
) throws(SecureTunnelError) {
    let deadline = ContinuousClock.now + limit
    let limits = (transport.readTimeout, transport.writeTimeout)
    defer { (transport.readTimeout, transport.writeTimeout) = limits }
    do throws(TransportError) {
        while true {
            let step = engine.handshake()
            let left = max(.zero, deadline - ContinuousClock.now)
            (transport.readTimeout, transport.writeTimeout) = (left, left)
            if case .failed(let error) = step {
                try? transport.write(engine.takeOutput().bytes)
                throw error.asTransportError
            }
            try transport.write(engine.takeOutput().bytes)
            if case .done = step { return }
            guard left > .zero else {
                throw .timedOut(waitingFor: "the TLS handshake with \(transport.peerDescription)", after: limit)
            }
            let space = engine.freeInput()
            engine.supply(try transport.read(into: space.prefix(min(space.count, pieceSize))))
            // The result is ignored: a real client does not send such a hello.
            if pieceSize < TLSStream.largestRecord, let reason = engine.hugeHello {
                throw engine.refusal(reason).asTransportError
            }
        }
    } catch {
        if let cause = SecureTunnelError(error) { throw cause }
        if let bytes = engine.foreignFirstBytes { throw .notTLS(peer: transport.peerDescription, firstBytes: bytes) }
        if case .timedOut = error { throw .handshakeTimeout(peer: transport.peerDescription, after: limit) }
        throw .transport(error)
    }
}
