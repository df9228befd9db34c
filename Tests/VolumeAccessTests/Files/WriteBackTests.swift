import Foundation
import TestSupport
import Testing

@testable import VolumeAccess

/// Whether content waits for the device before a name shows its final size and time.
///
/// The wait fails here, which shows that there is one.
@Suite("Writing back before the name")
struct WriteBackTests {
    static let lost = [SystemCallFault(.syncFileRange, EIO), SystemCallFault(.fdatasync, EIO)]
    static let final = FileAttributes(modified: Timestamp(seconds: 5))

    @Test("a hole at the end is made only once the content before it is written back")
    func holeAtTheEnd() throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        let error = try onThread(failing: WriteBackTests.lost) { () -> VolumeError? in
            let staged = try scratch.root.stage("f".name.span, replacing: true)
            try staged.write("new".name.span)
            staged.skip(zeros: 5)
            do throws(VolumeError) { _ = try staged.commit(WriteBackTests.final) } catch { return error }
            return nil
        }
        #expect(error?.number == EIO)
        #expect(try scratch.names == ["f"])
        #expect(try scratch.read("f") == "old")
    }

    @Test("content that the disk refuses when it is written back is lost, and the volume is not full")
    func writeBackFailure() throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        let error = try onThread(failing: [SystemCallFault(.syncFileRange, ENOSPC)]) { () -> VolumeError? in
            do throws(VolumeError) {
                let staged = try scratch.root.stage("f".name.span, replacing: true)
                staged.skip(zeros: 2)
                try staged.write("new".name.span)
                staged.skip(zeros: 2)
                _ = try staged.commit(FileAttributes())
                return nil
            } catch {
                return error
            }
        }
        #expect(error == .writeBack(path: "f".name, number: ENOSPC))
        #expect(error?.isOutOfSpace == false)
        #expect(try scratch.read("f") == "old")
    }

    @Test(
        "a file that grew by writing, or is only a hole, need not wait; no length is set in advance",
        .enabled(if: MountedVolume.isPossible(.tmpfs), "only root mounts")
    )
    func noWait() throws {
        let disk = try MountedVolume(.tmpfs, mebibytes: 16)
        let root = try Volume.open(path: disk.path).root
        try onThread(failing: WriteBackTests.lost + [SystemCallFault(.ftruncate, EIO)]) {
            let grown = try root.stage("grown".name.span, replacing: false)
            grown.foretell(length: 5)
            try grown.writeSparse("hello".name.span)
            _ = try grown.commit(WriteBackTests.final)
            let made = try root.openInPlace("made".name.span)
            try made.write("hello".name.span, at: 0)
            _ = try made.finish(length: 5, WriteBackTests.final)
        }
        try onThread(failing: WriteBackTests.lost) {
            let hole = try root.stage("hole".name.span, replacing: false)
            hole.skip(zeros: 9)
            _ = try hole.commit(WriteBackTests.final)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).sorted() == ["grown", "hole", "made"])
    }

    @Test("what is overwritten in place gets its time only once it is written back", arguments: [true, false])
    func inPlace(isChanged: Bool) throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        let error = try onThread(failing: WriteBackTests.lost) { () -> VolumeError? in
            let file = try scratch.root.openInPlace("f".name.span)
            if isChanged { try file.write("new".name.span, at: 0) }
            do throws(VolumeError) { _ = try file.finish(length: 3, WriteBackTests.final) } catch { return error }
            return nil
        }
        #expect(error?.number == EIO)
        #expect(scratch.status("f").st_mtim.tv_sec != 5)
    }

    @Test("a length that was set in advance on XFS is written back before the name")
    func foretoldOnXFS() throws {
        let mounted = try MountedFileSystem(xfs: 320 << 20)
        let volume = try Volume.open(path: mounted.path)
        let error = try onThread(failing: WriteBackTests.lost) { () -> VolumeError? in
            let staged = try volume.root.stage("f".name.span, replacing: false)
            staged.foretell(length: 3 << 20)
            try staged.writeSparse(noise(4096).span)
            staged.skip(zeros: (3 << 20) - 8192)
            try staged.writeSparse(noise(4096).span)
            do throws(VolumeError) { _ = try staged.commit(WriteBackTests.final) } catch { return error }
            return nil
        }
        #expect(error?.number == EIO)
        #expect(try volume.root.list().count == 0)
    }

    @Test(
        "on ext4 a file is written back before it has a name, since the size comes first there",
        .enabled(if: MountedVolume.isPossible(.tmpfs), "only root mounts"),
        arguments: [(true, 5), (false, 5), (false, 200_000)]
    )
    func ext4(isReplacing: Bool, length: Int) throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 16)
        let volume = try Volume.open(path: disk.path)
        if isReplacing { try Data("old".utf8).write(to: URL(fileURLWithPath: disk.path + "/f")) }
        let error = try onThread(failing: WriteBackTests.lost) { () -> VolumeError? in
            let staged = try volume.root.stage("f".name.span, replacing: isReplacing)
            try staged.write(noise(length).span)
            guard staged.beginCommit() else { return nil }
            do throws(VolumeError) { _ = try staged.commit(WriteBackTests.final) } catch { return error }
            return nil
        }
        #expect(error?.number == EIO)
        #expect((try? String(contentsOfFile: disk.path + "/f", encoding: .utf8)) == (isReplacing ? "old" : nil))
    }
}
