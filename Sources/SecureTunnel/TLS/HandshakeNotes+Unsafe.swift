import COpenSSL

// The notes attached to an `SSL` object.
//
// Invariant: the object keeps an unowned reference to its notes, which outlive it: ``TLSEngine`` owns both.

extension HandshakeNotes {
    /// Attaches the notes to an `SSL` object, which must not outlive them.
    func attach(to connection: OpaquePointer) {
        unsafe SSL_set_ex_data(connection, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    /// The notes of an `SSL` object.
    static func of(_ connection: OpaquePointer?) -> HandshakeNotes? {
        guard let connection = unsafe connection, let pointer = unsafe SSL_get_ex_data(connection, 0) else {
            return nil
        }
        return unsafe Unmanaged<HandshakeNotes>.fromOpaque(pointer).takeUnretainedValue()
    }
}

/// Called by OpenSSL when a server requests a certificate and none is configured: records it and continues without.
func noteCertificateRequest(
    _ connection: OpaquePointer?,
    _ certificate: UnsafeMutablePointer<OpaquePointer?>?,
    _ key: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    unsafe HandshakeNotes.of(connection)?.lacksCertificate = true
    return 0
}
