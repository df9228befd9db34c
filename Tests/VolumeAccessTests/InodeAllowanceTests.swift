import FileMetadata
import Glibc
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("InodeAllowance", .enabled(if: MountedVolume.isPossible(.ext4([]))))
struct InodeAllowanceTests {
    enum Kind: CaseIterable { case directory, link, pipe, stagedFile, fileInPlace }

    private func create(_ kind: Kind, _ name: [UInt8], in root: VolumeDirectory) throws {
        switch kind {
        case .directory: try root.createDirectory(name.span)
        case .link: try root.placeSymbolicLink("target".name.span, as: name.span, isReplacing: false)
        case .pipe: try root.placeNode(mode: S_IFIFO | 0o600, as: name.span, isReplacing: false)
        case .stagedFile: _ = try root.stage(name.span, replacing: false).commit(FileAttributes())
        case .fileInPlace: _ = try root.openInPlace(name.span)
        }
    }

    @Test("the file system is asked before inodes are scarce, and seldom until then", arguments: Kind.allCases)
    func scarcity(_ kind: Kind) throws {
        let disk = try MountedVolume(.ext4(["-N", "4600"]), mebibytes: 16)
        let volume = try Volume.open(path: disk.path)
        var (created, questions, wrong, isScarce) = (0, 0, 0, false)
        while !isScarce, created < 1000 {
            try create(kind, "\(created)".name, in: volume.root)
            created += 1
            isScarce = try volume.space().freeInodes < Volume.scarceInodes
            if volume.features.inodes.countToAsk != nil { questions += 1 }
            if volume.lacksInodes() != isScarce { wrong += 1 }
        }
        #expect(isScarce && wrong == 0)
        #expect(created > 300 && questions < 30, "\(created) entries, \(questions) questions")
    }

    @Test("a file system without a number of inodes is asked once")
    func unlimited() throws {
        guard MountedVolume.isPossible(.btrfs) else { return }
        let disk = try MountedVolume(.btrfs, mebibytes: 120)
        let volume = try Volume.open(path: disk.path)
        #expect(!volume.lacksInodes() && volume.features.inodes.countToAsk == nil)
    }
}
