import COpenSSL
import LinuxSystem
import Synchronization

/// One TLS connection without a socket: records in, records out.
///
/// ## Invariant
/// `connection` is made in the initializer and freed in `deinit`; the buffers and the notes, which it refers to, live as long.
/// OpenSSL reads and writes only during a call, within the lengths that it is told.
///
/// ## Concurrency model
/// An `SSL` object serves one thread at a time: `lock` is held around every use of it and of the buffers. The lock is
/// never held while anything waits; it covers encryption and copies alone.
@safe final class TLSEngine: @unchecked Sendable {
    /// The most that one ``encrypt(_:)`` takes: eight records, sent together and still in the cache.
    ///
    /// A little less than 128 KiB, so that the records fit into two segments of 65,483 bytes, the largest of the loopback
    /// device: a third one of a few hundred bytes would cost the kernel as much as a full one.
    static let largestPlaintext = 2 * 65_280

    /// What a step needs next.
    enum Step {
        case done
        case needsInput
        case failed(SecureTunnelError)
    }

    /// What came of decrypting.
    enum Decrypted {
        case bytes(Int)
        case needsInput
        case end
        case failed(SecureTunnelError)
    }

    let lock = Mutex(())
    let connection: OpaquePointer
    let buffers = RecordBuffers()
    let notes: HandshakeNotes
    let context: TLSContext
    let peer: String
    private(set) var isHandshakeDone = false
    /// A failure met after bytes had been decrypted, which the next call reports.
    private var failure: SecureTunnelError?

    /// Prepares a connection.
    ///
    /// - Parameters:
    ///   - context: Certificates and rules.
    ///   - serverName: Whom a client calls: the name sent as SNI and looked for in the certificate; nil for a server.
    ///   - peer: Who is at the other end, for errors.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)`` when OpenSSL has no memory.
    init(context: TLSContext, serverName: String?, peer: String) throws(SecureTunnelError) {
        self.context = context
        self.peer = peer
        notes = HandshakeNotes(context: context, host: serverName)
        OpenSSLErrors.clear()
        guard let connection = unsafe context.makeConnection() else {
            throw .badSetting(reason: "OpenSSL cannot start: \(OpenSSLErrors.drain().text)")
        }
        unsafe self.connection = connection
        guard let bio = unsafe buffers.makeBIO() else {
            unsafe SSL_free(connection)
            throw .badSetting(reason: "OpenSSL cannot start: \(OpenSSLErrors.drain().text)")
        }
        unsafe SSL_set_bio(connection, bio, bio)
        unsafe notes.attach(to: connection)
        if context.isServer {
            unsafe SSL_set_accept_state(connection)
        } else {
            unsafe SSL_set_connect_state(connection)
        }
        if let name = context.serverNameIndication(calling: serverName) {
            unsafe dvm_SSL_set_tlsext_host_name(connection, name)
        }
        if let serverName, let earlier = context.sessions?.take(for: serverName) {
            unsafe SSL_set_session(connection, earlier.session)
        }
    }

    deinit { unsafe SSL_free(connection) }

    /// Takes the handshake as far as the input allows; output may wait afterwards, in every case.
    func handshake() -> Step {
        lock.withLock { _ in
            OpenSSLErrors.clear()
            let answer = unsafe SSL_do_handshake(connection)
            if answer == 1 {
                if let failure = proofMissing() { return .failed(failure) }
                isHandshakeDone = true
                return .done
            }
            if unsafe SSL_get_error(connection, answer) == SSL_ERROR_WANT_READ { return .needsInput }
            if let host = notes.host { notes.sessions?.forget(host) }
            return .failed(classify())
        }
    }

    /// Decrypts what is there, many records at once.
    func decrypt(into target: MemorySlice) -> Decrypted {
        lock.withLock { _ in
            if let failure { return .failed(failure) }
            var filled = 0
            let waiting = buffers.outputCount
            while filled < target.count {
                var count = 0
                OpenSSLErrors.clear()
                let answer = unsafe target.dropFirst(filled).withUnsafeMutableBytes { rest in
                    unsafe SSL_read_ex(connection, rest.baseAddress, rest.count, &count)
                }
                if answer == 1 {
                    filled += count
                    continue
                }
                switch unsafe SSL_get_error(connection, answer) {
                case SSL_ERROR_WANT_READ:
                    if let refusal = refusedRenegotiation(since: waiting) {
                        failure = refusal
                        return filled > 0 ? .bytes(filled) : .failed(refusal)
                    }
                    return filled > 0 ? .bytes(filled) : .needsInput
                case SSL_ERROR_ZERO_RETURN: return filled > 0 ? .bytes(filled) : .end
                default:
                    let error = classify()
                    failure = error
                    return filled > 0 ? .bytes(filled) : .failed(error)
                }
            }
            return .bytes(filled)
        }
    }

    /// Looks whether an error hides in the records that came, without taking data away from the reader.
    ///
    /// - Returns: ``Decrypted/bytes(_:)`` when data stands in front of whatever follows.
    func peek() -> Decrypted {
        lock.withLock { _ in
            if let failure { return .failed(failure) }
            var byte: UInt8 = 0
            var count = 0
            OpenSSLErrors.clear()
            let answer = unsafe SSL_peek_ex(connection, &byte, 1, &count)
            if answer == 1 { return .bytes(count) }
            switch unsafe SSL_get_error(connection, answer) {
            case SSL_ERROR_WANT_READ: return .needsInput
            case SSL_ERROR_ZERO_RETURN: return .end
            default:
                let error = classify()
                failure = error
                return .failed(error)
            }
        }
    }

    /// Encrypts at most ``largestPlaintext`` bytes into the output.
    ///
    /// - Returns: Nil when it worked.
    func encrypt(_ bytes: RawSpan) -> SecureTunnelError? {
        lock.withLock { _ in
            if let failure { return failure }
            var count = 0
            OpenSSLErrors.clear()
            let answer = unsafe bytes.withUnsafeBytes {
                unsafe SSL_write_ex(connection, $0.baseAddress, $0.count, &count)
            }
            guard answer != 1 else { return nil }
            let error = classify()
            failure = error
            return error
        }
    }

    /// Puts close_notify into the output.
    func encryptEnd() {
        lock.withLock { _ in
            guard failure == nil else { return }
            OpenSSLErrors.clear()
            _ = unsafe SSL_shutdown(connection)
            OpenSSLErrors.clear()
        }
    }

    /// Lends the free space of the input to the one reading thread.
    func freeInput() -> MemorySlice { lock.withLock { _ in buffers.freeInput() } }

    /// Takes note of what was read into the free space; 0 is the end of the transport.
    func supply(_ count: Int) {
        lock.withLock { _ in buffers.supply(count) }
    }

    /// Lends everything that waits to be sent to the one sending thread, until it asks again.
    func takeOutput() -> MemorySlice { lock.withLock { _ in buffers.takeOutput() } }

    /// Gives back the memory of the input; the reading turn is held.
    func trimInput() { lock.withLock { _ in buffers.trimInput() } }

    /// Gives back the memory of the output; the sending turn is held.
    func trimOutput() { lock.withLock { _ in buffers.trimOutput() } }

    /// What the peer said first, when that is not a TLS record; nil when it is, or when nothing came.
    var foreignFirstBytes: [UInt8]? { lock.withLock { _ in foreignBytes() } }

    /// Keeps the handshake of a peer that has proved nothing from taking much memory.
    func limitHandshake() {
        releaseBuffers(true)
        // OpenSSL takes memory for the announced length, 100 KiB at most; a chain of today has 10 KiB at most.
        lock.withLock { _ in _ = unsafe dvm_SSL_set_max_cert_list(connection, 32 * 1024) }
    }

    /// Whether OpenSSL gives its buffers back, 34 KiB, while no record is under way: slower, for connections that only wait.
    func releaseBuffers(_ isOn: Bool) {
        lock.withLock { _ in unsafe dvm_SSL_release_buffers(connection, isOn ? 1 : 0) }
    }

    /// Why the peer's first record cannot be let through to OpenSSL, which takes memory for the whole of a hello as soon as
    /// its length is known, 128 KiB at most; nil while there is nothing wrong with it.
    ///
    /// Hellos of today's clients have 2 KiB at most.
    var hugeHello: String? {
        lock.withLock { _ in
            let bytes = buffers.firstBytes
            guard !isHandshakeDone, bytes.count >= 5, bytes[0] == 0x16 else { return nil }
            // The handshake's head, 4 bytes, lies in the first record; it holds the length (RFC 8446, 4 and 5.1).
            guard Int(bytes[3]) << 8 | Int(bytes[4]) >= 4 else { return "its first TLS record is too short" }
            guard bytes.count >= 9, bytes[5] == 1 else { return nil }
            let length = Int(bytes[6]) << 16 | Int(bytes[7]) << 8 | Int(bytes[8])
            return length > Self.longestHello ? "its hello of \(length) bytes is too long" : nil
        }
    }

    /// The longest hello that a server takes, in bytes.
    private static let longestHello = 16 * 1024

    /// A breach of the protocol by this peer.
    func refusal(_ reason: String) -> SecureTunnelError { .violation(peer: peer, reason: reason) }

    /// What the peer presented, where the context verifies nobody; nil elsewhere, and while nothing came.
    var shownCertificate: ShownCertificate? { lock.withLock { _ in notes.verifier.shown } }
}
