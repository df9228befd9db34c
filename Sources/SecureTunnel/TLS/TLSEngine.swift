import COpenSSL
import LinuxSystem
import Synchronization

/// A TLS connection without a socket: records in, records out.
///
/// ## Invariant
/// `connection` is created in the initializer and freed in `deinit`; the buffers and the notes, which it refers to,
/// live as long. OpenSSL reads and writes only during a call, within the lengths that it is given.
///
/// ## Concurrency model
/// An `SSL` object serves one thread at a time: `lock` is held around every use of it and of the buffers. The lock is
/// never held during a wait; it covers only encryption and copies.
@safe final class TLSEngine: @unchecked Sendable {
    /// The limit of one ``encrypt(_:)``: eight records, sent together and still in the cache.
    ///
    /// A little less than 128 KiB, so that the records fit into two segments of 65,483 bytes, the largest of the
    /// loopback device: a third one of a few hundred bytes would cost the kernel as much as a full one.
    static let largestPlaintext = 2 * 65_280

    /// What a step needs next.
    enum Step {
        case done
        case needsInput
        case failed(SecureTunnelError)
    }

    /// The result of decrypting.
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
    /// A failure after some bytes had been decrypted, which the next call reports.
    private var failure: SecureTunnelError?

    /// Prepares a connection.
    ///
    /// - Parameters:
    ///   - context: Certificates and rules.
    ///   - serverName: The host of a client: sent as SNI and checked against the certificate; nil for a server.
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

    /// Advances the handshake as far as the input allows; there may be output afterwards in any case.
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

    /// Decrypts the available records.
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

    /// Checks the received records for an error, without consuming data.
    ///
    /// - Returns: ``Decrypted/bytes(_:)`` when there is data before whatever follows.
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

    /// Lends all pending output to the one sending thread, until its next call.
    func takeOutput() -> MemorySlice { lock.withLock { _ in buffers.takeOutput() } }

    /// Releases the memory of the input; the reading turn is held.
    func trimInput() { lock.withLock { _ in buffers.trimInput() } }

    /// Releases the memory of the output; the sending turn is held.
    func trimOutput() { lock.withLock { _ in buffers.trimOutput() } }

    /// The first bytes from the peer, when they are not a TLS record; nil when they are, or when nothing was received.
    var foreignFirstBytes: [UInt8]? { lock.withLock { _ in foreignBytes() } }

    /// Limits the memory of an unauthenticated peer's handshake.
    func limitHandshake() {
        releaseBuffers(true)
        // OpenSSL allocates the announced length, up to 100 KiB; today's chains have at most 10 KiB.
        lock.withLock { _ in _ = unsafe dvm_SSL_set_max_cert_list(connection, 32 * 1024) }
    }

    /// Whether OpenSSL frees its buffers, 34 KiB, between records: slower, for connections that are idle.
    func releaseBuffers(_ isOn: Bool) {
        lock.withLock { _ in unsafe dvm_SSL_release_buffers(connection, isOn ? 1 : 0) }
    }

    /// Why the peer's first record cannot be passed to OpenSSL, which allocates memory for a whole hello as
    /// soon as its length is known, up to 128 KiB; nil when it is valid.
    ///
    /// Hellos of today's clients have at most 2 KiB.
    var hugeHello: String? {
        lock.withLock { _ in
            let bytes = buffers.firstBytes
            guard !isHandshakeDone, bytes.count >= 5, bytes[0] == 0x16 else { return nil }
            // The handshake's header, 4 bytes, is in the first record; it contains the length (RFC 8446, 4 and 5.1).
            guard Int(bytes[3]) << 8 | Int(bytes[4]) >= 4 else { return "its first TLS record is too short" }
            guard bytes.count >= 9, bytes[5] == 1 else { return nil }
            let length = Int(bytes[6]) << 16 | Int(bytes[7]) << 8 | Int(bytes[8])
            return length > Self.longestHello ? "its hello of \(length) bytes is too long" : nil
        }
    }

    /// The longest hello that a server accepts, in bytes.
    private static let longestHello = 16 * 1024

    /// A protocol violation by this peer.
    func refusal(_ reason: String) -> SecureTunnelError { .violation(peer: peer, reason: reason) }

    /// What the peer presented, if the context does not verify peers; otherwise nil, or before it is received.
    var shownCertificate: ShownCertificate? { lock.withLock { _ in notes.verifier.shown } }
}
