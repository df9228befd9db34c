import Foundation
import Glibc
import TestSupport
import Testing
import VolumeAccess

/// A volume of a test's own on tmpfs, and the plain view of it.
struct Scratch: Sendable {
    let directory: TemporaryDirectory
    let volume: Volume

    init(parent: String = "/dev/shm") throws {
        directory = try TemporaryDirectory(parent: parent)
        volume = try Volume.open(path: directory.path)
    }

    var root: VolumeDirectory { volume.root }
    var path: String { directory.path }

    /// Writes a file the plain way.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory.file(name)))
    }

    /// Reads a file the plain way.
    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: directory.file(name))), as: UTF8.self)
    }

    /// The names in the root, hidden ones too, sorted.
    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    /// What lstat(2) says.
    func status(_ name: String) -> stat {
        var status = stat()
        _ = lstat(directory.file(name), &status)
        return status
    }
}

/// A file system on a loop device or tmpfs, unmounted when the value goes away.
final class MountedFileSystem: Sendable {
    let directory: TemporaryDirectory
    var path: String { directory.file("mounted") }

    /// Mounts a new XFS of a size.
    init(xfs size: Int) throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let image = directory.file("image")
        try shell("truncate -s \(size) \(image) && mkfs.xfs -q -f \(image) && mount -o loop \(image) \(path)")
    }

    /// Mounts a tmpfs with options, or, given a size for it, a new ext4.
    init(tmpfs options: String? = nil, ext4 size: Int? = nil) throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if let size {
            try shell(
                "truncate -s \(size) \(directory.file("image")) && mkfs.ext4 -q -F -I 256 \(directory.file("image"))"
            )
            try shell("mount -o loop \(directory.file("image")) \(path)")
        } else {
            try shell("mount -t tmpfs -o \(options ?? "size=16m") none \(path)")
        }
    }

    /// Lazily: a volume may still hold it.
    deinit { try? shell("umount -l \(path)") }
}

/// Runs a command line that must succeed.
func shell(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ShellFailure(command: command) }
}

struct ShellFailure: Error { let command: String }

extension String {
    /// The bytes of a name.
    var name: [UInt8] { Array(utf8) }
}

/// Bytes that repeat only after a long time, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33) | 1
    }
}
