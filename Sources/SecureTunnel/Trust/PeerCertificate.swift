import COpenSSL
import Glibc
import LinuxSystem

/// A view of a certificate that OpenSSL owns.
///
/// ## Invariant
/// The pointer is borrowed: a value must not outlive the call that it was created in.
@safe struct PeerCertificate: ~Copyable {
    private let certificate: OpaquePointer

    /// Borrows an `X509`.
    init(borrowing certificate: OpaquePointer) {
        unsafe self.certificate = certificate
    }

    /// The subject in the form of RFC 2253, such as `CN=openshift.io,O=Migration Engineering`.
    var subject: String { unsafe text(of: X509_get_subject_name(certificate)) }

    /// The issuer in the same form.
    var issuer: String { unsafe text(of: X509_get_issuer_name(certificate)) }

    /// The properties that outlive the borrowed pointer.
    var summary: (subject: String, sha256: String) { (subject, sha256) }

    /// The end of its validity, in UTC.
    var notAfter: String { unsafe text(ofTime: X509_get0_notAfter(certificate)) }

    /// The beginning of its validity, in UTC.
    var notBefore: String { unsafe text(ofTime: X509_get0_notBefore(certificate)) }

    /// Whether it has a subject alternative name of any kind.
    var hasAlternativeName: Bool { unsafe X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0 }

    /// SHA-256 of the DER form in lower-case hex.
    var sha256: String {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        guard unsafe X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else { return "" }
        return Hexadecimal.encode(digest)
    }

    /// Whether the certificate is for a host: a name, or an address in digits.
    func isFor(_ host: String) -> Bool { isAddress(host) ? isFor(address: host) : isFor(name: host) }

    /// Whether it contains a name, or one below a name that begins with a dot.
    func isFor(name: String) -> Bool {
        let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        return unsafe X509_check_host(certificate, name, name.utf8.count, flags, nil) == 1
    }

    /// Whether it contains an address.
    func isFor(address: String) -> Bool { unsafe X509_check_ip_asc(certificate, address, 0) == 1 }

    /// The names it is for: the alternative ones, or the common name where there are none.
    var names: [String] {
        guard let list = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return ["CN=" + commonName]
        }
        let stack = OpaquePointer(list)
        defer { unsafe GENERAL_NAMES_free(stack) }
        var names: [String] = []
        for index in 0..<(unsafe OPENSSL_sk_num(stack)) {
            guard let entry = unsafe OPENSSL_sk_value(stack, index) else { continue }
            var kind: Int32 = 0
            let name = unsafe entry.assumingMemoryBound(to: GENERAL_NAME.self)
            guard let value = unsafe GENERAL_NAME_get0_value(name, &kind) else { continue }
            if kind == GEN_DNS { unsafe names.append(PrintableText.ofPeer(bytes(of: OpaquePointer(value)))) }
            if kind == GEN_IPADD, let address = unsafe text(ofAddress: bytes(of: OpaquePointer(value))) {
                names.append(address)
            }
        }
        return names
    }

    private var commonName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        let name = unsafe X509_get_subject_name(certificate)
        guard unsafe X509_NAME_get_text_by_NID(name, NID_commonName, &buffer, 256) > 0 else { return "(none)" }
        return PrintableText.ofPeer(buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    private func bytes(of string: OpaquePointer) -> [UInt8] {
        let count = unsafe ASN1_STRING_length(UnsafePointer(string))
        guard count > 0, let start = unsafe ASN1_STRING_get0_data(UnsafePointer(string)) else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    private func text(of name: OpaquePointer?) -> String {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(output) }
        // RFC 2253 escapes control characters and everything beyond ASCII.
        guard unsafe X509_NAME_print_ex(output, name, 0, dvm_XN_FLAG_RFC2253) >= 0 else { return "" }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = unsafe BIO_read(output, &buffer, 1024)
        return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : "(no subject)"
    }

    private func text(ofTime time: UnsafePointer<ASN1_TIME>?) -> String {
        var moment = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &moment) == 1 else { return "an unreadable date" }
        func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
        let date = unsafe "\(moment.tm_year + 1900)-\(two(moment.tm_mon + 1))-\(two(moment.tm_mday))"
        return unsafe "\(date) \(two(moment.tm_hour)):\(two(moment.tm_min)):\(two(moment.tm_sec)) UTC"
    }

    private func text(ofAddress bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var buffer = [CChar](repeating: 0, count: 64)
        guard unsafe inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &buffer, 64) != nil else { return nil }
        return PrintableText.ofPeer(buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    /// These bytes come from a peer.
}

/// Whether a host is a numeric address rather than a name.
package func isAddress(_ host: String) -> Bool { numericAddress(host) != nil }
