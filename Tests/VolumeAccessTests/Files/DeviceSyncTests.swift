import Glibc
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("DeviceSync")
struct DeviceSyncTests {
    @Test(
        "knows from which kernel on syncfs reports lost data",
        arguments: ["5.8.0": true, "6.1.0-18-amd64": true, "5.7.19": false, "4.18.0-372.el8": false, "": false]
    )
    func kernels(release: String, isTold: Bool) {
        #expect(DeviceSync.isTold(by: release) == isTold)
    }

    @Test("an error of syncfs is the volume's", arguments: [EIO, ENOSPC, EDQUOT])
    func failure(number: Int32) throws {
        let scratch = try Scratch()
        let error = try onThread(failing: [SystemCallFault(.syncfs, number)]) { () -> VolumeError? in
            let sync = try DeviceSync(scratch.volume)
            do throws(VolumeError) { try sync.run(files: []) } catch { return error }
            return nil
        }
        #expect(error == .system(operation: "syncfs", path: [], number: number))
    }

    @Test("asks each file where syncfs is missing, and files alone on an old kernel", arguments: [true, false])
    func oneByOne(isMissing: Bool) throws {
        let scratch = try Scratch()
        try scratch.write("x", to: "f")
        let files = ["f".name, "gone".name]
        let missing = isMissing ? [SystemCallFault(.syncfs, ENOSYS)] : []
        let good = try onThread(failing: missing) { () -> Bool in
            try DeviceSync(scratch.volume, release: isMissing ? nil : "4.18.0").run(files: files)
            return true
        }
        #expect(good)
        let error = try onThread(failing: missing + [SystemCallFault(.fsync, EIO)]) { () -> VolumeError? in
            let sync = try DeviceSync(scratch.volume, release: isMissing ? nil : "4.18.0")
            do throws(VolumeError) { try sync.run(files: files) } catch { return error }
            return nil
        }
        #expect(error == .system(operation: "fsync", path: "f".name, number: EIO))
    }

    @Test("names damaged files, and gives files a time that they did not have")
    func marks() throws {
        let scratch = try Scratch()
        for name in ["a", "b"] { try scratch.write("x", to: name) }
        _ = try scratch.root.setAttributes("b".name.span, FileAttributes(modified: Timestamp(seconds: 0)))
        let files = ["a".name, "b".name, "gone".name]
        let damaged = try onThread(failing: [SystemCallFault(.fsync, EIO)]) {
            try DeviceSync(scratch.volume).damaged(among: files, limit: 10).map(\.path)
        }
        #expect(damaged == ["a".name, "b".name])
        #expect(try DeviceSync(scratch.volume).markIncomplete(files) == 0)
        #expect(scratch.status("a").st_mtim.tv_sec == 0)
        #expect(scratch.status("b").st_mtim.tv_sec == 1)
    }
}
