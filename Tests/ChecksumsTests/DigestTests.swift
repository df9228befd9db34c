import Checksums
import TestSupport
import Testing

@Suite("Digest")
struct DigestTests {
    private func digest(_ bytes: [UInt8]) -> Digest { Digest(bytes: bytes.span.bytes) }

    private func hasPrefix(_ digest: Digest, _ prefix: [UInt8]) -> Bool { digest.hasPrefix(prefix.span.bytes) }

    @Test("keeps its bytes in order", arguments: 0...20)
    func bytes(count: Int) {
        let bytes = Array(knownBasis[..<count])
        let value = digest(bytes)
        #expect(value.count == count)
        #expect(value.bytes == bytes)
        #expect((0..<count).map { value[$0] } == bytes)
        #expect(value.description == hex(bytes))
    }

    @Test("knows its prefixes, and only those", arguments: 0...20)
    func prefixes(length: Int) {
        let bytes = Array(knownBasis[..<20])
        let value = digest(bytes)
        #expect(hasPrefix(value, Array(bytes[..<length])))
        #expect(value.truncated(to: length) == digest(Array(bytes[..<length])))
        for index in 0..<length {
            var other = Array(bytes[..<length])
            other[index] ^= 0x80
            #expect(!hasPrefix(value, other))
        }
        #expect(!hasPrefix(digest(Array(bytes[..<19])), bytes))
    }

    @Test("differs from a digest of another length")
    func equality() {
        #expect(digest([1, 0]) != digest([1]))
        #expect(digest([1, 2]) == digest([1, 2]))
        #expect(digest([]) != digest([0]))
    }
}

@Suite("AuthenticationDigest")
struct AuthenticationDigestTests {
    @Test(
        "gives the known digests of abc",
        arguments: [
            (
                .sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.md5, "900150983cd24fb0d6963f7d28e17f72"),
            (.md4, "a448017aaf21d8525fc10ae87aa6729d"),
        ] as [(AuthenticationDigest, String)]
    )
    func vectors(digest: AuthenticationDigest, expected: String) {
        let abc = Array("abc".utf8)
        let result = digest.digest(of: abc.span.bytes)
        #expect(hex(result) == expected)
        #expect(result.count == digest.digestLength)
        #expect(AuthenticationDigest(name: digest.name) == digest)
        #expect(digest.isAvailable)
    }

    @Test("does not know other names")
    func names() {
        #expect(AuthenticationDigest(name: "xxh64") == nil)
        #expect(AuthenticationDigest.allCases.map(\.name) == ["sha512", "sha256", "sha1", "md5", "md4"])
    }
}
