import Foundation
import Glibc
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Reading of holes")
struct HoleReadingTests {
    private static let mebibyte = 1 << 20

    /// A sparse file with data at some offsets, each of some bytes.
    private func write(_ scratch: Scratch, size: Int64, data: [(Int64, Int)]) throws {
        let descriptor = open(scratch.directory.file("sparse"), O_RDWR | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        for (number, (offset, count)) in data.enumerated() {
            #expect(pwrite(descriptor, noise(count, seed: UInt64(number) + 1), count, off_t(offset)) == count)
        }
        #expect(ftruncate(descriptor, off_t(size)) == 0)
    }

    private func bytesRead() throws -> Int {
        let lines = try String(contentsOfFile: "/proc/thread-self/io", encoding: .utf8).split(separator: "\n")
        return try #require(lines.first { $0.hasPrefix("rchar:") }.flatMap { Int($0.dropFirst(7)) })
    }

    @Test("what is read is what the file holds, whatever lies between its holes", arguments: 0..<12)
    func content(_ seed: Int) throws {
        let scratch = try Scratch()
        var data: [(Int64, Int)] = []
        var offset = Int64(seed % 3) * 4096
        for step in 0..<(seed + 1) {
            data.append((offset, 1 + (seed * 7919 + step * 104_729) % 200_000))
            offset += Int64(1 + (step + seed) % 5) * 700_001
        }
        let size = offset + Int64(seed) * 333_333
        try write(scratch, size: size, data: data)
        let plain = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.directory.file("sparse"))))
        let file = try scratch.root.openForReading(Array("sparse".utf8).span)
        for piece in [4096, 100_003, 1 << 20] {
            var read: [UInt8] = []
            while true {
                var buffer = [UInt8](repeating: 0xAA, count: piece)
                var span = buffer.mutableSpan
                let count = try file.read(into: &span, at: Int64(read.count))
                read += buffer[..<count]
                guard count == piece else { break }
            }
            #expect(read == plain)
        }
    }

    @Test("a hole of a tebibyte costs no reading, and its zeros are zeros")
    func long() throws {
        let scratch = try Scratch()
        try write(scratch, size: 1 << 40, data: [(0, 10_000), ((1 << 40) - 5000, 5000)])
        let file = try scratch.root.openForReading(Array("sparse".utf8).span)
        var buffer = [UInt8](repeating: 0xAA, count: Self.mebibyte)
        let before = try bytesRead()
        for offset in stride(from: Int64(8) << 30, to: 9 << 30, by: Self.mebibyte) {
            var span = buffer.mutableSpan
            #expect(try file.read(into: &span, at: offset) == Self.mebibyte)
        }
        #expect(buffer.allSatisfy { $0 == 0 })
        #expect(try bytesRead() - before < 100_000)
        var span = buffer.mutableSpan
        #expect(try file.read(into: &span, at: (1 << 40) - 10_000) == 10_000)
        #expect(buffer[5000..<10_000].contains { $0 != 0 })
    }

    @Test("a file that is truncated within a hole ends there")
    func cut() throws {
        let scratch = try Scratch()
        try write(scratch, size: 64 << 20, data: [(0, 4096)])
        let file = try scratch.root.openForReading(Array("sparse".utf8).span)
        #expect(truncate(scratch.directory.file("sparse"), 10 << 20) == 0)
        var buffer = [UInt8](repeating: 0, count: 4 << 20)
        var span = buffer.mutableSpan
        #expect(try file.read(into: &span, at: 8 << 20) == 2 << 20)
        span = buffer.mutableSpan
        #expect(try file.read(into: &span, at: 20 << 20) == 0)
    }
}
