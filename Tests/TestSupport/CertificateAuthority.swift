import Foundation

/// A certificate and its key, as two PEM files.
package struct CertificateFiles: Sendable {
    /// The certificate.
    package let certificate: String
    /// The private key, PKCS#8 unless said otherwise.
    package let key: String
    /// Keeps the files from being removed.
    let directory: TemporaryDirectory

    /// The same certificate and key with another certificate file, such as one that holds its chain too.
    package func with(certificate: String) -> CertificateFiles {
        CertificateFiles(certificate: certificate, key: key, directory: directory)
    }

    /// SHA-256 of the DER form in lower-case hex, computed by the `openssl` command.
    package func sha256() throws -> String {
        let output = try ChildProcess.run(
            "/usr/bin/openssl",
            ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]
        )
        return output.split(separator: "=").last.map { $0.filter(\.isHexDigit).lowercased() } ?? ""
    }
}

/// An authority of a test's own, made with the `openssl` command, with P-256 keys.
package final class CertificateAuthority: Sendable {
    /// The authority's own certificate.
    package let files: CertificateFiles
    private let directory: TemporaryDirectory

    /// Makes an authority.
    package init(name: String = "Test Authority") throws {
        directory = try TemporaryDirectory()
        files = CertificateFiles(
            certificate: directory.file("ca.crt"),
            key: directory.file("ca.key"),
            directory: directory
        )
        try Self.openssl(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
                + ["-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:TRUE"]
                + ["-keyout", files.key, "-out", files.certificate]
        )
    }

    /// Makes an authority that another one signs.
    package init(name: String, issuedBy parent: CertificateAuthority) throws {
        directory = parent.directory
        files = try parent.issue(name, extensions: "basicConstraints=critical,CA:TRUE")
    }

    /// Issues a certificate.
    ///
    /// - Parameters:
    ///   - name: The common name.
    ///   - alternativeNames: In openssl's form, such as `DNS:localhost,IP:127.0.0.1`; nil for none.
    ///   - validFrom: `YYYYMMDDHHMMSSZ`.
    ///   - validUntil: The same form.
    /// - Returns: The two files.
    /// - Throws: ``ChildProcess/Failure`` with what openssl said.
    package func issue(
        _ name: String,
        alternativeNames: String? = nil,
        validFrom: String = "20200101000000Z",
        validUntil: String = "20490101000000Z"
    ) throws -> CertificateFiles {
        try issue(
            name,
            extensions: alternativeNames.map { "subjectAltName=\($0)" } ?? "keyUsage=digitalSignature",
            validFrom: validFrom,
            validUntil: validUntil
        )
    }

    private func issue(
        _ name: String,
        extensions: String,
        validFrom: String = "20200101000000Z",
        validUntil: String = "20490101000000Z"
    ) throws -> CertificateFiles {
        let own = directory.file(UUID().uuidString)
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        try write("", to: own + "/index")
        try write(
            """
            [ca]
            default_ca = own
            [own]
            database = \(own)/index
            new_certs_dir = \(own)
            rand_serial = yes
            default_md = sha256
            policy = any
            x509_extensions = leaf
            [any]
            commonName = supplied
            [leaf]
            \(extensions)
            """,
            to: own + "/config"
        )
        let files = CertificateFiles(certificate: own + "/leaf.crt", key: own + "/leaf.key", directory: directory)
        try Self.openssl(
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                + ["-subj", "/CN=\(name)", "-keyout", files.key, "-out", own + "/request"]
        )
        try Self.openssl(
            ["ca", "-batch", "-notext", "-config", own + "/config", "-in", own + "/request", "-out", files.certificate]
                + ["-cert", self.files.certificate, "-keyfile", self.files.key]
                + ["-startdate", validFrom, "-enddate", validUntil]
        )
        return files
    }

    /// Makes what MTC makes: RSA 4096, self-signed, authority and leaf at once, no alternative name, PKCS#1 key.
    ///
    /// - Parameter directory: Where the two files go.
    /// - Returns: The two files.
    /// - Throws: ``ChildProcess/Failure`` with what openssl said.
    package static func makeLikeMTC(in directory: TemporaryDirectory) throws -> CertificateFiles {
        let files = CertificateFiles(
            certificate: directory.file("tls.crt"),
            key: directory.file("tls.key"),
            directory: directory
        )
        let subject = "/C=US/ST=NC/L=RDU/O=Migration Engineering/OU=Engineering/CN=openshift.io"
        try openssl(
            ["req", "-x509", "-newkey", "rsa:4096", "-nodes", "-days", "3650", "-set_serial", "2020", "-subj", subject]
                + ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=digitalSignature,keyCertSign"]
                + ["-addext", "extendedKeyUsage=clientAuth,serverAuth"]
                + ["-keyout", directory.file("pkcs8.key"), "-out", files.certificate]
        )
        try openssl(["rsa", "-traditional", "-in", directory.file("pkcs8.key"), "-out", files.key])
        return files
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private static func openssl(_ arguments: [String]) throws {
        try ChildProcess.run("/usr/bin/openssl", arguments)
    }
}
