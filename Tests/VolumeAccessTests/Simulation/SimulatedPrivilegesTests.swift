import FileMetadata
import Foundation
import Glibc
import TestSupport
import Testing

@testable import VolumeAccess

/// Owners, modes, devices and links in extended attributes (rsync(1), `--fake-super`; protocol specification, transfer 8.4).
@Suite("Simulated privileges")
struct SimulatedPrivilegesTests {
    private struct Place {
        let directory: TemporaryDirectory
        let volume: Volume

        init() throws {
            directory = try TemporaryDirectory(parent: "/dev/shm")
            let path = Array(directory.path.utf8)
            volume = try Volume.open(path: path.span, simulating: true)
        }

        func real(_ name: String) throws -> FileStatus {
            try #require(try Volume.open(path: directory.path).root.status(of: Array(name.utf8).span))
        }

        func stored(_ name: String, _ attribute: [UInt8] = StoredStatus.name) -> String? {
            let plain = try? Volume.open(path: directory.path).root.extendedAttribute(
                attribute,
                of: Array(name.utf8).span
            )
            return plain.flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test(
        "the text is read back as rsync writes it",
        arguments: ["100751 0,0 12:34", "20644 5,1 0:0", "120777 0,0 0:0", "104755 0,0 4294967295:1"]
    )
    func text(text: String) throws {
        let stored = try #require(StoredStatus(parsing: Array(text.utf8)))
        #expect(String(decoding: stored.bytes, as: UTF8.self) == text)
    }

    @Test(
        "another form is nothing",
        arguments: [
            "", "100751", "100751 0,0 12", "9 0,0 1:1", "100751 0,0 -1:1", "100751  0,0 1:1", "1000000 0,0 1:1",
        ]
    )
    func corrupt(text: String) {
        #expect(StoredStatus(parsing: Array(text.utf8)) == nil)
    }

    @Test("an ACL is stored in rsync's form, and read back")
    func lists() throws {
        let named = [AccessControlList.Named(isUser: true, id: 1000, permissions: 5)]
        let list = AccessControlList(group: 1, mask: 5, named: named)
        let bytes: [UInt8] = [
            0x80, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0x80, 0, 0, 0, 0xE8, 3, 0, 0, 5, 0, 0, 0x80,
        ]
        #expect(list.storedBytes == bytes)
        #expect(AccessControlList(stored: bytes) == list)
        for length in 0..<bytes.count where length != 16 {
            #expect(AccessControlList(stored: Array(bytes[..<length])) == nil)
        }
        #expect(AccessControlList(stored: [9] + bytes.dropFirst()) == nil)
    }

    @Test("a file gets a harmless mode, and shows the one that was set")
    func file() throws {
        let place = try Place()
        let name = Array("file".utf8)
        let file = try place.volume.root.stage(name.span, replacing: false)
        try file.write(Array("x".utf8).span)
        let wanted = FileAttributes(owner: 1234, group: 5678, permissions: 0o4451, modified: Timestamp(seconds: 7))
        #expect(try file.commit(wanted).isEmpty)
        let (shown, real) = (try #require(try place.volume.root.status(of: name.span)), try place.real("file"))
        #expect(shown.permissions == 0o4451 && shown.owner == 1234 && shown.group == 5678 && shown.isRegular)
        #expect(real.permissions == 0o651 && real.owner == geteuid() && real.modified == Timestamp(seconds: 7))
        #expect(place.stored("file") == "104451 0,0 1234:5678")
        // What the file itself says needs no attribute.
        let own = FileAttributes(owner: real.owner, group: real.group, permissions: 0o640)
        #expect(try place.volume.root.setAttributes(name.span, own).isEmpty)
        #expect(place.stored("file") == nil)
        #expect(try place.real("file").permissions == 0o640)
    }

    @Test("links and nodes are regular files that show what they stand for")
    func placeholders() throws {
        let place = try Place()
        let root = place.volume.root
        let names = (link: Array("link".utf8), device: Array("device".utf8), pipe: Array("pipe".utf8))
        try root.placeSymbolicLink(Array("/absolute/target".utf8).span, as: names.link.span, isReplacing: false)
        try root.placeNode(mode: 0o20644, major: 5, minor: 1, as: names.device.span, isReplacing: false)
        try root.placeNode(mode: 0o10600, as: names.pipe.span, isReplacing: false)
        for name in ["link", "device", "pipe"] { #expect(try place.real(name).isRegular) }
        #expect(try root.status(of: names.link.span)?.isSymbolicLink == true)
        #expect(try root.readLink(names.link.span) == Array("/absolute/target".utf8))
        let device = try #require(try root.status(of: names.device.span))
        #expect(device.kind == .characterDevice && device.deviceMajor == 5 && device.deviceMinor == 1)
        #expect(try root.setAttributes(names.device.span, FileAttributes(owner: 9, permissions: 0o600)).isEmpty)
        #expect(place.stored("device")?.hasPrefix("20600 5,1 9:") == true)
        #expect(try root.status(of: names.pipe.span)?.kind == .fifo)
        // A listing and a scan say the same.
        let listing = try root.list(withStatus: true)
        #expect(
            Set((0..<listing.count).map { listing.statuses[$0]?.kind }) == [.symbolicLink, .characterDevice, .fifo]
        )
        var kinds: Set<FileKind> = []
        try root.forEachEntry { _, status in if case .success(let status) = status { kinds.insert(status.kind) } }
        #expect(kinds == [.symbolicLink, .characterDevice, .fifo])
        // They replace each other.
        try root.placeSymbolicLink(Array("other".utf8).span, as: names.device.span, isReplacing: true)
        #expect(try root.readLink(names.device.span) == Array("other".utf8))
    }

    @Test("a file whose content is no target is not read as a link")
    func brokenLink() throws {
        let place = try Place()
        let name = Array("link".utf8)
        for content in [[], [0x61, 0, 0x62], [UInt8](repeating: 0x61, count: 5000)] as [[UInt8]] {
            try Data(content).write(to: URL(fileURLWithPath: place.directory.file("link")))
            let store = AttributeStore(place.volume.root, name.span)
            #expect(store.set(StoredStatus.name, Array("120777 0,0 0:0".utf8)) == 0)
            #expect(throws: VolumeError.self) { try place.volume.root.readLink(name.span) }
        }
    }

    @Test("an entry whose stored status cannot be understood is an error, not a regular file")
    func unreadable() throws {
        let place = try Place()
        let name = Array("device".utf8)
        try place.volume.root.placeNode(mode: 0o20644, major: 5, minor: 1, as: name.span, isReplacing: false)
        #expect(AttributeStore(place.volume.root, name.span).set(StoredStatus.name, Array("junk".utf8)) == 0)
        #expect(throws: VolumeError.self) { try place.volume.root.status(of: name.span) }
        let listing = try place.volume.root.list(withStatus: true)
        #expect(listing.failures.count == 1 && listing.statuses == [nil])
        var failures = 0
        try place.volume.root.forEachEntry { _, status in if case .failure = status { failures += 1 } }
        #expect(failures == 1)
    }

    @Test("a directory stays usable for its owner, and shows the mode that was set")
    func directory() throws {
        let place = try Place()
        let name = Array("sub".utf8)
        try place.volume.root.createDirectory(name.span, permissions: 0o500)
        #expect(try place.volume.root.setAttributes(name.span, FileAttributes(permissions: 0o1555)).isEmpty)
        #expect(try place.real("sub").permissions == 0o755)
        #expect(try place.volume.root.status(of: name.span)?.permissions == 0o1555)
        #expect(try place.volume.directory(name.span).status().permissions == 0o1555)
        // A volume of a directory of it simulates, too.
        #expect(try place.volume.volume(at: name.span).root.status().permissions == 0o1555)
    }
}
