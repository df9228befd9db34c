import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Scanning and space")
struct ScanTests {
    @Test("shows every entry once with its status, in directories of many pieces")
    func everyEntry() throws {
        let scratch = try Scratch()
        // 5000 names of 30 bytes need more than one answer of the kernel.
        try shell(
            "cd \(scratch.path) && seq -f 'a-name-of-thirty-bytes-%07g' 5000 | xargs touch && mkdir d && ln -s x l"
        )
        var kinds: [FileKind: Int] = [:]
        var names: Set<[UInt8]> = []
        try scratch.root.forEachEntry { name, status in
            names.insert(Array(name.indices.map { name[$0] }))
            if case .success(let status) = status { kinds[status.kind, default: 0] += 1 }
        }
        #expect(names.count == 5002)
        #expect(kinds == [.regular: 5000, .directory: 1, .symbolicLink: 1])
    }

    @Test("shows what has no status with the error")
    func failures() throws {
        let scratch = try Scratch()
        try scratch.write("x", to: "f")
        let root = scratch.root
        let errors = try onThread(failing: [SystemCallFault(.statx, EIO)]) {
            var errors: [VolumeError] = []
            try root.forEachEntry { _, status in
                if case .failure(let error) = status { errors.append(error) }
            }
            return errors
        }
        #expect(errors == [.system(operation: "statx", path: Array("f".utf8), number: EIO)])
    }

    @Test("reports attributes and their sizes, a directory's own too, and nothing where there are none")
    func attributes() throws {
        let mounted = try MountedFileSystem(ext4: 8 << 20)
        let volume = try Volume.open(path: mounted.path)
        try shell("cd \(mounted.path) && touch f g && setfattr -n user.note -v abcde f && ln -s f l")
        try shell("cd \(mounted.path) && setfattr -n user.own -v 1 . && setfacl -m u:7:r g")
        let root = volume.root
        #expect(try root.extendedAttributeNames(of: "f".name.span) == [Array("user.note".utf8)])
        #expect(try root.extendedAttributeNames(of: "g".name.span) == [Array("system.posix_acl_access".utf8)])
        #expect(try root.extendedAttributeNames(of: "l".name.span) == [])
        #expect(try root.extendedAttributeNames(of: "gone".name.span) == [])
        #expect(try root.extendedAttributeNames() == [Array("user.own".utf8)])
        #expect(try root.extendedAttributeLength("user.note".name.span, of: "f".name.span) == 5)
        #expect(try root.extendedAttributeLength("user.none".name.span, of: "f".name.span) == 0)
    }

    @Test("reads all attributes, also when their names need more than one call", arguments: [0, 1, 15, 16, 30])
    func held(count: Int) throws {
        let mounted = try MountedVolume(.ext4(["-b", "4096"]), mebibytes: 16)
        try shell("cd \(mounted.path) && touch f")
        let names = (0..<count).map { "user.\($0 + 100)." + String(repeating: "n", count: 54) }
        for name in names { try shell("setfattr -n \(name) -v \(name.prefix(8)) \(mounted.path)/f") }
        let volume = try Volume.open(path: mounted.path)
        let held = try volume.root.heldAttributes(of: "f".name.span, AttributeReading(lists: true) { _ in true })
        #expect(held.failures.isEmpty)
        #expect(held.extended.map(\.name) == names.map { Array($0.utf8) })
        #expect(held.extended.map(\.value) == names.map { Array($0.prefix(8).utf8) })
    }

    @Test("reports the space as statvfs does, and the percentage as df")
    func space() throws {
        let mounted = try MountedFileSystem(ext4: 64 << 20)
        try shell("head -c 20000000 /dev/zero > \(mounted.path)/f; sync \(mounted.path)/f")
        let space = try Volume.open(path: mounted.path).space()
        var status = statvfs()
        #expect(statvfs(mounted.path, &status) == 0)
        #expect(space.free == Int64(status.f_bfree) * Int64(status.f_frsize))
        #expect(space.used >= 20_000_000 && space.used < 22_000_000)
        #expect(space.magic == 0xEF53)
        let df = try ChildProcess.run("/bin/df", ["--output=pcent", mounted.path])
        #expect(df.contains(" \(space.usagePercent)%"))
    }
}
