import Checksums
import Foundation
import TestSupport
import Testing
import VolumeAccess

@testable import VolumeVerification

@Suite("Manifests", .timeLimit(.minutes(5)))
struct ManifestTests {
    @Test("the same tree has the same manifest, however many threads make it", arguments: TreeHashFunction.allCases)
    func stable(function: TreeHashFunction) throws {
        // Longer than two segments: several threads share it.
        let tree = try VerifiedTree(size: 40 << 20)
        let one = try tree.manifest(of: tree.first, function, threads: 1)
        let expected = try items(one)
        #expect(one.failures == [] && one.totals.unreadable == 0 && one.totals.changing == 0)
        for threads in [2, 5] {
            let other = try tree.manifest(of: tree.second, function, threads: threads)
            #expect(try items(other) == expected)
            #expect(other.totals == one.totals)
        }
    }

    @Test("the digest of a content is the Merkle tree of its chunks, with its holes")
    func content() throws {
        let tree = try VerifiedTree(size: (33 << 20) + 5)
        let manifest = try tree.manifest(of: tree.first, .sha256)
        var found: [[UInt8]: TreeDigest] = [:]
        for item in try items(manifest) {
            guard case .entry(let bytes, _) = item else { continue }
            let record = try ManifestRecord(bytes, .sha256)
            if case .file(_, let content) = record.detail { found[record.name] = content }
        }
        for name in ["content", "sparse", "empty"] {
            let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: tree.first + "/" + name)))
            var hasher = TreeHasher(.sha256)
            var fold = TreeFold()
            for start in stride(from: 0, to: data.count, by: 1 << 20) {
                fold.add(hasher.leaf(of: data[start..<min(start + (1 << 20), data.count)].span), &hasher)
            }
            #expect(found[Array(name.utf8)] == fold.takeRoot(&hasher), "\(name)")
        }
    }

    @Test("a manifest that was written is read again, in pieces of any length", arguments: [1, 7, 1000, .max])
    func roundTrip(piece: Int) throws {
        let tree = try VerifiedTree()
        let made = try tree.manifest(of: tree.first)
        let expected = try items(made)
        let bytes = try written(tree.manifest(of: tree.first))
        let read = try reader(bytes, piece: piece)
        #expect(try items(read) == expected)
        #expect(read.totals == made.totals && read.function == .xxh128)
        #expect(try differences(reader(bytes), tree.manifest(of: tree.second)) == [])
    }

    @Test("a manifest with any byte changed, or cut anywhere, is not read")
    func damaged() throws {
        let tree = try VerifiedTree()
        let bytes = try written(tree.manifest(of: tree.first, .sha256))
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            #expect(throws: VerificationError.self, "byte \(place)") { _ = try items(reader(damaged)) }
            #expect(throws: VerificationError.self, "cut at \(place)") { _ = try items(reader(Array(bytes[..<place]))) }
        }
        #expect(throws: VerificationError.self) { _ = try items(reader(bytes + [0])) }
    }

    @Test("lost+found at the top is left out, and nowhere else")
    func lostAndFound() throws {
        let tree = try VerifiedTree()
        for path in ["lost+found", "sub/lost+found"] {
            try FileManager.default.createDirectory(
                atPath: tree.second + "/" + path,
                withIntermediateDirectories: false
            )
        }
        let found = try tree.differences(ComparedFields.all.subtracting(.times))
        #expect(found.map { String(decoding: $0.path, as: UTF8.self) } == ["sub/lost+found"])
        #expect(found.map(\.kind) == [.extra])
    }

    @Test("one who asks no further ends the threads")
    func abandoned() throws {
        let tree = try VerifiedTree()
        for index in 0..<3000 { try Data([1]).write(to: URL(fileURLWithPath: tree.first + "/f\(index)")) }
        weak var weakManifest: VolumeManifest?
        do {
            let manifest = try tree.manifest(of: tree.first)
            weakManifest = manifest
            _ = try manifest.next()
        }
        #expect(weakManifest == nil)
    }
}
