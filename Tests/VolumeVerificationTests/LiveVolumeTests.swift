import Checksums
import Foundation
import Glibc
import TestSupport
import Testing
import VolumeAccess

@testable import VolumeVerification

/// A volume that changes while its manifest is made, at moments that the test chooses.
@Suite("Manifests of volumes in use", .timeLimit(.minutes(5)))
struct LiveVolumeTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory(parent: "/dev/shm")
        for index in 0..<300 { try write(String(format: "f%03d", index), "x") }
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory.file(name)))
    }

    /// Walks; after the first batch something happens.
    private func batches(_ happening: @escaping () -> Void) throws -> [WalkBatch] {
        final class Seen { var batches: [WalkBatch] = [] }
        let seen = Seen()
        let walk = CanonicalWalk(try Volume.open(path: directory.path), .xxh128) { batch in
            seen.batches.append(batch)
            if seen.batches.count == 1 { happening() }
            return true
        }
        try walk.run()
        return seen.batches
    }

    private func isChanging(_ batches: [WalkBatch]) -> Bool {
        batches.flatMap(\.steps).contains { if case .leave(true) = $0 { true } else { false } }
    }

    @Test("a directory into which a name comes after it was listed is flagged; one at rest is not")
    func arrival() throws {
        let path = directory.file("a-new-name")
        #expect(!isChanging(try batches {}))
        let changed = try batches { close(open(path, O_CREAT | O_WRONLY, 0o644)) }
        #expect(isChanging(changed))
        #expect(!changed.flatMap(\.entries).contains { $0.name == Array("a-new-name".utf8) })
    }

    @Test("a name that has vanished is counted")
    func vanished() throws {
        let path = directory.file("f299")
        let changed = try batches { unlink(path) }
        #expect(changed.map(\.vanished).reduce(0, +) == 1 && isChanging(changed))
    }

    @Test("where a hole was is forgotten for the next attempt")
    func holes() throws {
        let path = directory.file("sparse")
        #expect(truncate(path, 0) != 0)
        try write("sparse", "")
        try #require(truncate(path, 4 << 20) == 0)
        let file = try Volume.open(path: directory.path).root.openForReading(Array("sparse".utf8).span)
        #expect(try file.isHole(0..<1 << 20))
        let writer = open(path, O_WRONLY)
        try #require(pwrite(writer, "data", 4, 100) == 4)
        close(writer)
        file.forgetHoles()
        #expect(try !file.isHole(0..<1 << 20))
        var bytes = [UInt8](repeating: 0, count: 4)
        var span = bytes.mutableSpan
        #expect(try file.read(into: &span, at: 100) == 4)
        #expect(bytes == Array("data".utf8))
    }

    @Test("a file longer than a stripe has the root of all its chunks")
    func stripes() throws {
        let size = LongFile.stripeSize + ContentHash.segmentSize + 5
        try write("sparse", "")
        try #require(truncate(directory.file("sparse"), off_t(size)) == 0)
        let manifest = try VolumeManifest(try Volume.open(path: directory.path), .xxh128)
        var found: TreeDigest?
        for case .entry(let bytes, _) in try items(manifest) {
            let record = try ManifestRecord(bytes, .xxh128)
            if case .file(size, let content) = record.detail { found = content }
        }
        var hasher = TreeHasher(.xxh128)
        var fold = TreeFold()
        let chunk = hasher.leaf(of: [UInt8](repeating: 0, count: ContentHash.chunkSize).span)
        for _ in 0..<size / Int64(ContentHash.chunkSize) { fold.add(chunk, &hasher) }
        fold.add(hasher.leaf(of: [UInt8](repeating: 0, count: 5).span), &hasher)
        #expect(found == fold.takeRoot(&hasher))
    }
}

/// Manifests that no volume has.
@Suite("Manifests that are not valid")
struct InvalidManifestTests {
    private func record(_ name: String, _ size: Int64 = 1, _ change: (inout ManifestRecord) -> Void = { _ in }) throws
        -> ManifestRecord
    {
        var hasher = TreeHasher(.xxh128)
        // Any valid record is the start of a wrong one.
        var record = try ManifestRecord(
            ManifestRecord(WalkedEntry(name: Array(name.utf8), status: FileStatus(mode: 0o100644)), .xxh128).encoded,
            .xxh128
        )
        record.detail = .file(size: size, content: hasher.empty())
        change(&record)
        return record
    }

    /// A manifest with a root and some files, whose digests are right.
    private func manifest(_ records: [ManifestRecord]) throws -> [UInt8] {
        var fold = ManifestFold(.xxh128)
        var writer = ManifestWriter(.xxh128)
        let notes = EntryNotes()
        let root = ManifestRecord(WalkedEntry(name: [], status: FileStatus(mode: 0o040755)), .xxh128).encoded
        fold.enter(root, notes)
        writer.add(.enter(root, notes))
        for record in records {
            var size: Int64 = 0
            if case .file(let length, _) = record.detail { size = length }
            fold.add(record.encoded, size: size, notes)
            writer.add(.entry(record.encoded, notes))
        }
        writer.add(.leave(fold.leave(isChanging: false), isChanging: false))
        return writer.finish(fold.totals)
    }

    private func read(_ records: [ManifestRecord]) throws -> ManifestTotals {
        let stream = try reader(try manifest(records))
        _ = try items(stream)
        return stream.totals
    }

    @Test("files that are together longer than a number holds do not end the program")
    func overflow() throws {
        let names = ["a", "b", "c"]
        let totals = try read(try names.map { try record($0, .max) })
        #expect(totals.entries == 4 && totals.bytes == UInt64(Int64.max) &* 3)
    }

    @Test("names that are out of order, twice there, or no names are refused")
    func names() throws {
        #expect(try read([try record("a"), try record("b")]).entries == 3)
        for names in [["b", "a"], ["a", "a"], [""], ["."], [".."], ["a/b"], ["a\0"]] {
            #expect(throws: VerificationError.self, "\(names)") { _ = try read(try names.map { try record($0) }) }
        }
    }

    @Test("values out of range are refused")
    func values() throws {
        let note = EntryAttribute(name: Array("user.a".utf8), value: .bytes([1]))
        let other = EntryAttribute(name: Array("user.a".utf8), value: .bytes([2]))
        let long = EntryAttribute(name: Array("user.a".utf8), value: .bytes(Array(repeating: 0, count: 257)))
        let changes: [(inout ManifestRecord) -> Void] = [
            { $0.permissions = 0o10000 }, { $0.modified.nanoseconds = 1_000_000_000 }, { $0.modified.nanoseconds = -1 },
            { $0.attributes = [note, other] }, { $0.attributes = [long] },
        ]
        for (index, change) in changes.enumerated() {
            #expect(throws: VerificationError.self, "\(index)") { _ = try read([try record("a", 1, change)]) }
        }
        #expect(throws: VerificationError.self) { _ = try read([try record("a", -1)]) }
    }
}
