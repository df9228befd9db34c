import SecureTunnel
import Testing

/// One set of stunnel's rules, as stunnel's lines and as ours, and whom they let pass.
struct RuleCase: Sendable, CustomTestStringConvertible {
    /// Lines of a stunnel service; `CAfile`, `CApath` and the checks are added.
    let lines: [String]
    let rules: CertificateRules
    /// The name of the trusted file in the family; nil for the directory; empty for none.
    let trusted: String?
    /// Who passes, as client; a server that shows a certificate passes in the same cases.
    let passes: Set<CertificateFamily.Member>

    init(
        _ lines: [String],
        _ rules: CertificateRules?,
        _ trusted: String?,
        hosts: [String] = [],
        addresses: [String] = [],
        passes: Set<CertificateFamily.Member>
    ) {
        self.lines = lines + hosts.map { "checkHost = \($0)" } + addresses.map { "checkIP = \($0)" }
        var rules = rules ?? CertificateRules()
        rules.hosts = hosts
        rules.addresses = addresses
        self.rules = rules
        self.trusted = trusted
        self.passes = passes
    }

    var testDescription: String { (lines + ["trusted: \(trusted ?? "directory")"]).joined(separator: ", ") }

    /// The lines with the files of a family.
    func lines(_ family: CertificateFamily) -> [String] {
        switch trusted {
        case nil: lines + ["CApath = \(family.hashed)"]
        case "": lines
        case .some(let name): lines + ["CAfile = \(family.trusted(name))"]
        }
    }

    /// Our rules with the files of a family.
    func rules(_ family: CertificateFamily) -> CertificateRules {
        var rules = rules
        switch trusted {
        case nil: rules.authoritiesDirectory = family.hashed
        case "": break
        case .some(let name): rules.authoritiesFile = family.trusted(name)
        }
        return rules
    }

    private static let everybody = Set(CertificateFamily.Member.allCases)

    /// What stunnel 5.68 does; the tests ask the installed one again.
    static let table: [RuleCase] = [
        RuleCase(["verify = 0"], CertificateRules(level: 0), "", passes: everybody),
        RuleCase(["verify = 1"], CertificateRules(level: 1), "root", passes: [.none, .good, .deep]),
        RuleCase(["verify = 2"], CertificateRules(level: 2), "root", passes: [.good, .deep]),
        RuleCase(["verify = 2"], CertificateRules(level: 2), nil, passes: [.good, .deep]),
        RuleCase(["verify = 2"], CertificateRules(level: 2), "good", passes: []),
        RuleCase(["verify = 3"], CertificateRules(level: 3), "root", passes: []),
        RuleCase(["verify = 3"], CertificateRules(level: 3), "root+good", passes: [.good]),
        RuleCase(["verify = 3"], CertificateRules(level: 3), nil, passes: [.good]),
        RuleCase(["verify = 4"], CertificateRules(level: 4), "root", passes: []),
        RuleCase(["verify = 4"], CertificateRules(level: 4), "good", passes: [.good]),
        RuleCase(["verify = 4"], CertificateRules(level: 4), nil, passes: [.good]),
        RuleCase(["verify = 4"], CertificateRules(level: 4), "expired", passes: []),
        RuleCase(["verifyChain = yes"], CertificateRules(verifiesChain: true), "root", passes: [.good, .deep]),
        RuleCase(["verifyPeer = yes"], CertificateRules(verifiesPeer: true), "good", passes: [.good]),
        RuleCase(
            ["verifyChain = yes", "requireCert = no"],
            CertificateRules(verifiesChain: true, isRequired: false),
            "root",
            passes: [.none, .good, .deep]
        ),
        RuleCase(
            ["requireCert = yes"],
            CertificateRules(isRequired: true),
            "",
            passes: everybody.subtracting([.none])
        ),
        RuleCase(["verify = 2"], CertificateRules(level: 2), "root", hosts: ["good.example"], passes: [.good]),
        RuleCase(["verify = 2"], CertificateRules(level: 2), "root", hosts: [".example"], passes: [.good, .deep]),
        RuleCase(["verify = 2"], CertificateRules(level: 2), "root", hosts: ["127.0.0.1"], passes: []),
        RuleCase(["verify = 2"], CertificateRules(level: 2), "root", addresses: ["127.0.0.1"], passes: [.good]),
        RuleCase(
            ["verify = 2"],
            CertificateRules(level: 2),
            "root",
            hosts: ["other.example", "deep.example"],
            addresses: ["127.0.0.2", "127.0.0.1"],
            passes: [.good, .deep]
        ),
        RuleCase(["verify = 4"], CertificateRules(level: 4), "good", hosts: ["bad.example"], passes: []),
    ]
}
