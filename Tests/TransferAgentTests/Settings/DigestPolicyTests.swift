import Checksums
import Testing

@testable import TransferAgent

@Suite("Digests for the password")
struct DigestPolicyTests {
    @Test(
        "MD5 is used only inside a tunnel, MD4 never, unless weak digests are allowed",
        arguments: [
            (false, true, [AuthenticationDigest.sha512, .sha256, .sha1, .md5]),
            (false, false, [.sha512, .sha256, .sha1]),
            (true, true, [.sha512, .sha256, .sha1, .md5, .md4]), (true, false, [.sha512, .sha256, .sha1, .md5, .md4]),
        ]
    )
    func policy(_ allowsWeak: Bool, _ isProtected: Bool, _ expected: [AuthenticationDigest]) {
        let known = expected.filter(\.isAvailable)
        #expect(DigestPolicy(allowsWeak: allowsWeak).digests(isProtected: isProtected) == known)
    }

    @Test("a silence limit is a whole number of seconds from two to a day")
    func silenceLimit() throws {
        #expect(try SilenceLimit(.seconds(2)).seconds == 2)
        #expect(try SilenceLimit(.seconds(86_400)).seconds == 86_400)
        for wrong in [Duration.zero, .seconds(1), .seconds(-5), .seconds(86_401)] {
            #expect(throws: AgentError.self) { try SilenceLimit(wrong) }
        }
    }
}
