import SecureTunnel
import TestSupport
import Testing

@Suite("Noise PropertyTests")
struct FileNoisePropertyTests {
    @Test("any bytes are keys or a refusal that quotes nothing", .timeLimit(.minutes(10)))
    func preSharedKeys() {
        var random = SeededRandom(seed: 20_261_121)
        let alphabet = Array("\n\n\r::ab0123456789abcdef0123456789 \0\u{ff}".utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...90, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            do throws(SecureTunnelError) {
                #expect(try PreSharedKeys(lines: text.span).count > 0)
                accepted += 1
            } catch {
                let reason = error.description
                #expect(reason.hasPrefix("line ") || reason.hasPrefix("it contains no key"), "\(reason)")
            }
        }
        #expect((10..<19_000).contains(accepted), "some texts are keys, most are not")
    }
}
