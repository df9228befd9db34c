import COpenSSL

// OpenSSL's texts.
//
// Invariant: they are static, end with a NUL, and are copied.

/// The reason in an error code.
func reasonText(_ code: UInt) -> String? { unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } }

/// The name of an alert.
func alertText(_ number: Int32) -> String? {
    unsafe SSL_alert_desc_string_long(number).map { unsafe String(cString: $0) }
}

/// The version of the library in use.
package func openSSLVersion() -> String {
    unsafe OpenSSL_version(OPENSSL_VERSION).map { unsafe String(cString: $0) } ?? "OpenSSL"
}
