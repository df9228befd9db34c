import Foundation
import Testing

@testable import SecureTunnel

@Suite("SecretMemory", .timeLimit(.minutes(10)))
struct SecretMemoryTests {
    @Test("secrets of all lengths share no byte, while some are allocated and freed")
    func lengths() {
        var generator = SystemRandomNumberGenerator()
        var held: [(SecretBytes, UInt8)] = []
        for round in 0..<2000 {
            let count = [1, 63, 64, 65, 500, 4095, 4096, 4097, 20000].randomElement(using: &generator) ?? 1
            let byte = UInt8(truncatingIfNeeded: round)
            held.append((SecretBytes(copying: [UInt8](repeating: byte, count: count).span), byte))
            if held.count > 100 { held.remove(at: Int.random(in: 0..<held.count, using: &generator)) }
        }
        for (secret, byte) in held {
            secret.withBytes { bytes in
                for index in bytes.indices { #expect(bytes[index] == byte) }
            }
        }
    }

    @Test("a secret is in locked memory that is excluded from dumps")
    func locked() throws {
        let secret = SecretBytes("a secret")
        let address = secret.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        // To its end: the kernel gives one page at a time.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
        var isHere = false
        var flags: [Substring] = []
        for line in maps {
            let ends = line.split(separator: " ")[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if line.first != "V", ends.count == 2 { isHere = ends[0] <= address && address < ends[1] }
            if isHere, line.hasPrefix("VmFlags:") { flags = line.split(separator: " ") }
        }
        #expect(flags.contains("dd"), "not in dumps: \(flags)")
        // The superuser has no limit.
        if geteuid() == 0 { #expect(flags.contains("lo"), "locked: \(flags)") }
        withExtendedLifetime(secret) {}
    }
}
