import COpenSSL
import Glibc

// OpenSSL's callbacks for pre-shared keys.
//
// Invariant: memory that OpenSSL passes to a callback is accessed only within the callback, and within the given size;
// a session that is created here is freed by OpenSSL.
//
// TLS 1.2 and 1.3 request keys in different ways. In TLS 1.3 a key is used with SHA-256, as RFC 8446, 4.2.11 specifies
// for keys without an associated hash, and as in stunnel.

/// Makes a client offer its key.
func offerPreSharedKey(_ context: OpaquePointer) {
    unsafe SSL_CTX_set_psk_client_callback(context) { connection, _, identity, identityCapacity, key, keyCapacity in
        guard let entry = unsafe HandshakeNotes.of(connection)?.offeredKey, let identity = unsafe identity,
            let key = unsafe key, entry.identity.count < Int(identityCapacity)
        else { return 0 }
        for (index, byte) in entry.identity.enumerated() { unsafe identity[index] = CChar(bitPattern: byte) }
        unsafe identity[entry.identity.count] = 0
        return unsafe copy(entry.key, to: key, space: keyCapacity)
    }
    unsafe SSL_CTX_set_psk_use_session_callback(context) { connection, hash, identity, identityLength, session in
        guard let entry = unsafe HandshakeNotes.of(connection)?.offeredKey else { return 1 }
        // The second hello of a handshake must use the hash that the server chose.
        if let hash = unsafe hash, unsafe EVP_MD_get_type(hash) != NID_sha256 { return 1 }
        guard let made = unsafe makeSession(connection, entry) else { return 0 }
        unsafe entry.wireIdentity.withUnsafeBytes { bytes in
            // OpenSSL copies the identity before the callback's caller returns; the entry lives longer than that.
            unsafe identity?.pointee = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe identityLength?.pointee = bytes.count
        }
        unsafe session?.pointee = made
        return 1
    }
}

/// Makes a server accept keys by their identity.
func acceptPreSharedKeys(_ context: OpaquePointer) {
    unsafe SSL_CTX_set_psk_server_callback(context) { connection, identity, key, space in
        guard let identity = unsafe identity, let key = unsafe key else { return 0 }
        let bytes = unsafe UnsafeBufferPointer(start: identity, count: strlen(identity))
        let entry = unsafe find(bytes.map { UInt8(bitPattern: $0) }, for: connection)
        // OpenSSL answers an empty key with the alert for an unknown identity.
        return entry.map { unsafe copy($0.key, to: key, space: space) } ?? 0
    }
    unsafe SSL_CTX_set_psk_find_session_callback(context) { connection, identity, count, session in
        // None is not an error: the identity may be a ticket.
        unsafe session?.pointee = nil
        guard let identity = unsafe identity else { return 1 }
        let bytes = unsafe Array(UnsafeBufferPointer(start: identity, count: count))
        guard let entry = unsafe find(bytes, for: connection) else { return 1 }
        guard let made = unsafe makeSession(connection, entry) else { return 0 }
        unsafe session?.pointee = made
        return 1
    }
}

/// Looks up an identity and records the result.
private func find(_ identity: [UInt8], for connection: OpaquePointer?) -> PreSharedKeys.Entry? {
    guard let notes = unsafe HandshakeNotes.of(connection), let keys = notes.acceptedKeys else { return nil }
    let entry = keys.entry(for: identity.span)
    if let entry {
        notes.acceptedIdentity = entry.identity
    } else if identity.count < PreSharedKeys.longest.identity, identity.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
        // Tickets arrive here too; they are long or contain control characters.
        notes.unknownIdentity = identity
    }
    return entry
}

/// Gives OpenSSL its own copy of a key, which it wipes.
private func copy(_ key: SecretBytes, to target: UnsafeMutablePointer<UInt8>, space: UInt32) -> UInt32 {
    guard key.count <= Int(space) else { return 0 }
    unsafe key.withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(start: target, count: $0.count).copyMemory(from: $0)
    }
    return UInt32(key.count)
}

/// Creates a TLS 1.3 session from a key; it also records the identity, for the connections that resume it.
private func makeSession(_ connection: OpaquePointer?, _ entry: PreSharedKeys.Entry) -> OpaquePointer? {
    // TLS_AES_128_GCM_SHA256 (RFC 8446, B.4): only its hash matters.
    guard let cipher = unsafe SSL_CIPHER_find(connection, [0x13, 0x01]), let session = unsafe SSL_SESSION_new() else {
        return nil
    }
    let isMade = unsafe entry.key.withUnsafeBytes { key in
        unsafe SSL_SESSION_set1_master_key(session, key.assumingMemoryBound(to: UInt8.self).baseAddress, key.count) == 1
            && SSL_SESSION_set_cipher(session, cipher) == 1
            && SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1
            && SSL_SESSION_set1_ticket_appdata(session, entry.identity, entry.identity.count) == 1
    }
    guard isMade else {
        unsafe SSL_SESSION_free(session)
        return nil
    }
    return unsafe session
}

/// The SHA-256 digest of some bytes.
func sha256(_ bytes: Span<UInt8>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe bytes.withUnsafeBufferPointer { bytes in _ = unsafe SHA256(bytes.baseAddress, bytes.count, &digest) }
    return digest
}
