import Glibc
import Testing
import VolumeAccess

/// Devices in place of files (`--copy-devices`, `--write-devices`).
@Suite("Devices as files")
struct DeviceTests {
    private static let name = Array("null".utf8)

    @Test("a device is opened only on request")
    func refused() throws {
        let devices = try Volume.open(path: "/dev").root
        #expect(throws: VolumeError.notRegular(path: Self.name)) { _ = try devices.openForReading(Self.name.span) }
        #expect(throws: VolumeError.notRegular(path: Self.name)) { _ = try devices.openInPlace(Self.name.span) }
    }

    @Test("a character device is an empty file that takes any content")
    func characters() throws {
        let devices = try Volume.open(path: "/dev").root
        let file = try devices.openForReading(Self.name.span, orDevice: true)
        #expect(file.isDevice)
        #expect(file.status.isRegular)
        #expect(file.status.size == 0)
        let written = try devices.openInPlace(Self.name.span, orDevice: true)
        try written.write([1, 2, 3].span, at: 0)
        #expect(try written.finish(length: 3, FileAttributes()).isEmpty)
        #expect(try devices.status(of: Self.name.span)?.kind == .characterDevice)
    }
}
