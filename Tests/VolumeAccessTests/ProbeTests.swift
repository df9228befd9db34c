import Foundation
import TestSupport
import Testing
import VolumeAccess

@Suite("Probe", .enabled(if: MountedVolume.isPossible(.tmpfs), "only root mounts"))
struct ProbeTests {
    private static let kinds: [(MountedVolume.Kind, Int, String)] = [
        (.ext4([]), 16, "ext4"), (.xfs, 320, "xfs"), (.btrfs, 128, "btrfs"), (.tmpfs, 4, "tmpfs"),
    ]

    @Test("finds what a file system can keep, and leaves nothing behind", arguments: kinds)
    func usual(kind: MountedVolume.Kind, mebibytes: Int, type: String) throws {
        let disk = try MountedVolume(kind, mebibytes: mebibytes)
        let before = try FileManager.default.attributesOfItem(atPath: disk.path)[.modificationDate] as? Date
        let volume = try Volume.open(path: disk.path)
        let abilities = volume.probe()
        #expect(abilities.timeGrain == 1)
        #expect(abilities.foldsCase == false)
        #expect(abilities.keepsHoles == true)
        #expect(abilities.keepsPermissions == true)
        #expect(abilities.changesOwner == true)
        #expect(abilities.hardLinks == true)
        #expect(abilities.symbolicLinks == true)
        #expect(abilities.pipes == true)
        #expect(abilities.devices == true)
        #expect(try #require(abilities.largestFile) > 1 << 33)
        #expect(try #require(abilities.latestTime) > 4_000_000_000)
        let space = try volume.usableSpace()
        #expect(space.type == type)
        #expect(space.longestName == 255)
        #expect(space.freeBytes > 0 && space.freeBytes <= space.totalBytes)
        #expect((space.freeInodes == nil) == (kind == .btrfs))
        #expect(try disk.names() == [])
        #expect(try FileManager.default.attributesOfItem(atPath: disk.path)[.modificationDate] as? Date == before)
    }

    @Test("finds what small inodes of ext4 cannot keep")
    func smallInodes() throws {
        let disk = try MountedVolume(.ext4(["-I", "128"]), mebibytes: 16)
        let abilities = try Volume.open(path: disk.path).probe()
        #expect(abilities.timeGrain == 1_000_000_000)
        #expect(abilities.latestTime == 2_147_483_647)
        #expect(abilities.earliestTime == -2_147_483_648)
    }

    @Test("finds what exFAT cannot keep", .enabled(if: MountedVolume.isPossible(.exfat), "exfat-fuse is not installed"))
    func exFAT() throws {
        let disk = try MountedVolume(.exfat, mebibytes: 16)
        let abilities = try Volume.open(path: disk.path).probe()
        #expect(abilities.foldsCase == true)
        #expect(abilities.symbolicLinks == false)
        #expect(abilities.hardLinks == false)
        #expect(abilities.keepsPermissions == false)
        #expect(try disk.names() == [])
    }

    @Test("free bytes are all that a file can really take", arguments: kinds.prefix(1) + [kinds[3]])
    func free(kind: MountedVolume.Kind, mebibytes: Int, type: String) throws {
        let disk = try MountedVolume(kind, mebibytes: mebibytes)
        let free = try Volume.open(path: disk.path).usableSpace().freeBytes
        let descriptor = open(disk.file("all"), O_CREAT | O_WRONLY, 0o600)
        defer { close(descriptor) }
        let piece = [UInt8](repeating: 1, count: 64 * 1024)
        var written: Int64 = 0
        while true {
            let count = write(descriptor, piece, piece.count)
            guard count > 0 else { break }
            written += Int64(count)
        }
        #expect(written >= free - 64 * 1024)
    }
}
