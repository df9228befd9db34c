import Foundation
import SecureTunnel
import TestSupport

/// Certificates of every kind that rules tell apart, made once for all suites.
struct CertificateFamily: Sendable {
    /// What a peer shows.
    enum Member: String, CaseIterable, Sendable {
        /// No certificate at all.
        case none
        /// Issued by the root, for `good.example` and 127.0.0.1.
        case good
        /// Issued by an authority that nobody knows, for `good.example`.
        case strange
        /// Issued by the root, long ago.
        case expired
        /// Issued by an authority below the root, which is shown with it, for `deep.example`.
        case deep
    }

    private static let made = Result { try CertificateFamily() }

    private let directory: TemporaryDirectory
    private let files: [Member: CertificateFiles]
    /// Trusted certificates, by name: `root`, `root+good`, `good`, `expired`.
    private let trusted: [String: String]
    /// A directory of the root's and the good one's certificates, by the hash of their subjects.
    let hashed: String

    /// The one family of this run.
    static func shared() throws -> CertificateFamily { try made.get() }

    private init() throws {
        let directory = try TemporaryDirectory()
        let root = try CertificateAuthority(name: "Root")
        let between = try CertificateAuthority(name: "Between", issuedBy: root)
        let good = try root.issue("good", alternativeNames: "DNS:good.example,IP:127.0.0.1")
        let strange = try CertificateAuthority(name: "Stranger").issue("good", alternativeNames: "DNS:good.example")
        let expired = try root.issue("expired", validUntil: "20210101000000Z")
        let deep = try between.issue("deep", alternativeNames: "DNS:deep.example")

        func join(_ name: String, _ parts: CertificateFiles...) throws -> String {
            let path = directory.file(name)
            let whole = try parts.map { try Data(contentsOf: URL(fileURLWithPath: $0.certificate)) }.reduce(Data(), +)
            try whole.write(to: URL(fileURLWithPath: path))
            return path
        }

        let chain = try join("deep+between", deep, between.files)
        files = [.good: good, .strange: strange, .expired: expired, .deep: deep.with(certificate: chain)]
        trusted = [
            "root": root.files.certificate, "good": good.certificate, "expired": expired.certificate,
            "root+good": try join("root+good", root.files, good),
        ]
        hashed = directory.file("hashed")
        try FileManager.default.createDirectory(atPath: hashed, withIntermediateDirectories: true)
        for (name, part) in [("root.pem", root.files), ("good.pem", good)] {
            try FileManager.default.copyItem(atPath: part.certificate, toPath: hashed + "/" + name)
        }
        try ChildProcess.run("/usr/bin/openssl", ["rehash", hashed])
        self.directory = directory
    }

    /// The files of a member; nil for ``Member/none``.
    func files(_ member: Member) -> CertificateFiles? { files[member] }

    /// A file of trusted certificates.
    func trusted(_ name: String) -> String { trusted[name] ?? "no such file: \(name)" }
}
