import AgentTestSupport
import Foundation
import SecureTunnel
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Credentials")
struct CredentialsTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = directory.file("credentials")
    }

    private func password(_ user: String) throws -> String? {
        try Credentials(file: file).password(of: Array(user.utf8)).map { password in
            password.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        }
    }

    @Test("lines are user:password, with comments, blank lines and either line end")
    func lines() throws {
        try write("# people\n\nroot:se:cret\r\nother: with blanks \n", to: file)
        #expect(try password("root") == "se:cret")
        #expect(try password("other") == " with blanks ")
        #expect(try password("nobody") == nil)
        #expect(try password("") == nil)
        #expect(try password("# people") == nil)
    }

    @Test("a file that others can change is refused", arguments: [0o602, 0o606, 0o777])
    func openToAll(mode: Int) throws {
        try write("root:secret\n", to: file, mode: mode)
        let error = #expect(throws: AgentError.self) { try Credentials(file: file) }
        #expect(error?.failure == .badSecretFile)
        #expect(error?.description.contains("other users can change it") == true)
    }

    @Test(
        "one that its group or others can read, as mounted secrets need, is warned of, and refused by --strict-secrets",
        arguments: [
            (0o644, "other users can read it"), (0o440, "its group can read it"), (0o660, "its group can change it"),
        ]
    )
    func readable(mode: Int, flaw: String) throws {
        try write("root:secret\n", to: file, mode: mode)
        #expect(try password("root") == "secret")
        #expect(try Credentials(file: file).warning == "\(file): \(flaw)")
        let error = #expect(throws: AgentError.self) { try Credentials(file: file, isStrict: true) }
        #expect(error?.observed == "\(file) cannot be used: \(flaw)")
    }

    @Test("one that is its user's alone needs no warning", arguments: [0o400, 0o600, 0o700])
    func alone(mode: Int) throws {
        try write("root:secret\n", to: file, mode: mode)
        #expect(try Credentials(file: file, isStrict: true).warning == nil)
    }

    @Test(
        "a wrong line is named by its number and never quoted",
        arguments: [
            "root:a\nsecretword\n", "root:a\n:secretword\n", "root:a\nsecretword:\n", "root:a\nroot:secretword",
        ]
    )
    func wrongLine(text: String) throws {
        try write(text, to: file)
        let error = #expect(throws: AgentError.self) { try Credentials(file: file) }
        #expect(error?.observed.contains("line 2") == true)
        #expect(error?.description.contains("secretword") == false)
    }

    @Test("an empty file, a directory and a missing file are refused")
    func unusable() throws {
        try write("# nobody\n", to: file)
        #expect(throws: AgentError.self) { try Credentials(file: file) }
        #expect(throws: AgentError.self) { try Credentials(file: directory.path) }
        let error = #expect(throws: AgentError.self) { try Credentials(file: directory.file("missing")) }
        #expect(error?.observed.contains("No such file or directory") == true)
    }

    @Test("a symbolic link is followed, as mounted secrets need")
    func link() throws {
        try write("root:secret\n", to: directory.file("..data"))
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: directory.file("..data"))
        #expect(try password("root") == "secret")
    }
}

@Suite("Settings")
struct SettingsTests {
    @Test("a volume is NAME=PATH, where the path may hold =")
    func volume() throws {
        let mapping = try VolumeMapping(parsing: "data=/mnt/a=b")
        #expect(mapping.name == "data")
        #expect(mapping.path == "/mnt/a=b")
    }

    @Test(
        "a wrong volume is refused",
        arguments: ["", "data", "=/mnt", "data=", "a/b=/mnt", "#list=/mnt", "a b=/mnt", "a\n=/"]
    )
    func wrongVolume(text: String) {
        let error = #expect(throws: AgentError.self) { try VolumeMapping(parsing: text) }
        #expect(error?.failure == .badSetting)
        #expect(error?.exitCode == 1)
    }

    @Test("two volumes with the same name, and no volumes, are refused")
    func twice() {
        #expect(throws: AgentError.self) { try VolumeMapping.parse(["a=/x", "a=/y"]) }
        #expect(throws: AgentError.self) { try VolumeMapping.parse([]) }
    }

    @Test(
        "a rate is KiB/s unless a letter says otherwise",
        arguments: [("0", 0), ("500", 500), ("500K", 500), ("1.5m", 1536), ("2G", 2_097_152), ("0.5M", 512)]
            as [(String, Int64)]
    )
    func rate(text: String, expected: Int64) throws {
        #expect(try BandwidthRate(parsing: text).kibibytesPerSecond == expected)
    }

    @Test(
        "a wrong rate is refused",
        arguments: ["", "K", "-1", "1e3", "nan", "inf", "5T", "1 M", "0.5", "0x10", "99999999G"]
    )
    func wrongRate(text: String) {
        #expect(throws: AgentError.self) { try BandwidthRate(parsing: text) }
    }

    @Test(
        "a job is checked before anything is connected",
        arguments: [
            { $0.target = "host" }, { $0.target = "host:99999" }, { $0.trust = .authorities("/missing.pem") },
            { $0.trust = .pin("beef") }, { $0.proxy = "proxy:3128" }, { $0.proxy = "http://proxy" },
            { $0.noProxy = "10.0.0.0/99" }, { $0.pass.compress = "brotli" }, { $0.pass.bandwidthLimit = "fast" },
            { $0.user = "" },
            { $0.user = "a b" }, { $0.passwordFile = "/missing" }, { $0.trust = .preSharedKey("/missing") },
            { $0.certificate = "/missing.pem" }, { $0.privateKey = "/missing.pem" },
        ] as [@Sendable (inout TransferSettings) -> Void]
    )
    func wrongJob(change: @Sendable (inout TransferSettings) -> Void) {
        var settings = TransferSettings(volumes: ["v=/tmp"], target: "localhost:1", trust: .insecure)
        #expect(throws: Never.self) { try SourceJob(settings) }
        change(&settings)
        let error = #expect(throws: AgentError.self) { try SourceJob(settings) }
        #expect(error?.exitCode == 1)
    }

    @Test("an insecure job has a warning, a verified one has none")
    func warning() throws {
        var settings = TransferSettings(volumes: ["v=/tmp"], target: "localhost:1", trust: .insecure)
        #expect(try SourceJob(settings).warnings.first?.hasPrefix("WARNING: --insecure") == true)
        settings.trust = .pin(String(repeating: "ab", count: 32))
        #expect(try SourceJob(settings).warnings.isEmpty)
    }
}
