import Foundation

/// A small file system of a test's own, in a file, mounted through a loop device; only root can have one.
///
/// It is unmounted when the value goes away. What a killed test process left mounted is unmounted before the next one is
/// made: the mount point's name holds the process's number.
package final class MountedVolume: Sendable {
    /// What to make.
    package enum Kind: Sendable, Hashable, CustomStringConvertible {
        /// ext4 with options of mkfs.
        case ext4([String])
        /// XFS, which wants 300 MiB at least.
        case xfs
        /// btrfs with mixed block groups, which is what fits in a small image.
        case btrfs
        /// Memory; `size` with the letters of mount(8).
        case tmpfs
        /// exFAT through FUSE, which folds case and has neither links nor devices.
        case exfat

        /// The kind and its options.
        package var description: String {
            switch self {
            case .ext4(let options): (["ext4"] + options).joined(separator: " ")
            case .xfs: "xfs"
            case .btrfs: "btrfs"
            case .tmpfs: "tmpfs"
            case .exfat: "exfat"
            }
        }

        fileprivate var program: String {
            switch self {
            case .ext4: "/usr/sbin/mkfs.ext4"
            case .xfs: "/usr/sbin/mkfs.xfs"
            case .btrfs: "/usr/sbin/mkfs.btrfs"
            case .tmpfs: "/usr/bin/mount"
            case .exfat: "/usr/sbin/mkfs.exfat"
            }
        }

        fileprivate var options: [String] {
            switch self {
            case .ext4(let options): ["-q", "-F"] + options
            case .xfs, .btrfs: ["-q", "-f"]
            case .tmpfs, .exfat: []
            }
        }
    }

    /// Where it is mounted.
    package let path: String
    private let image: String
    private let isFuse: Bool

    /// Whether such a file system can be made and mounted here.
    package static func isPossible(_ kind: Kind) -> Bool {
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: kind.program) else { return false }
        if case .exfat = kind {
            return FileManager.default.isExecutableFile(atPath: "/usr/sbin/mount.exfat-fuse")
                && FileManager.default.fileExists(atPath: "/dev/fuse")
        }
        return true
    }

    /// Makes and mounts a file system.
    ///
    /// - Parameters:
    ///   - kind: What.
    ///   - mebibytes: The size of its device.
    /// - Throws: ``ChildProcess/Failure`` with what mkfs or mount said.
    package init(_ kind: Kind, mebibytes: Int) throws {
        Self.sweep()
        path = "/tmp/\(Self.prefix)\(getpid())-\(UUID().uuidString)"
        image = path + ".image"
        isFuse = kind == .exfat
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if kind == .tmpfs {
            try ChildProcess.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "none", path])
            return
        }
        try ChildProcess.run("/usr/bin/truncate", ["-s", "\(mebibytes)M", image])
        try ChildProcess.run(kind.program, kind.options + [image])
        if isFuse {
            // The file system's process would hold on to every pipe of this process, of other tests too.
            let command = """
                for open in /proc/self/fd/*; do number=${open##*/}; [ "$number" -lt 3 ] || eval "exec $number>&-"; done
                exec mount -t exfat-fuse -o loop '\(image)' '\(path)' </dev/null >/dev/null 2>&1
                """
            try ChildProcess.run("/bin/bash", ["-c", command])
        } else {
            try ChildProcess.run("/usr/bin/mount", ["-o", "loop", image, path])
        }
    }

    deinit {
        Self.remove(path)
    }

    /// The path of a name in it.
    package func file(_ name: String) -> String { path + "/" + name }

    /// The names at its top, sorted, but for `lost+found`.
    package func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "lost+found" }.sorted()
    }

    private static let prefix = "dvm-mount-"

    /// Unmounts, at once or as soon as nobody uses it, and removes what is left.
    private static func remove(_ path: String) {
        if (try? ChildProcess.run("/usr/bin/umount", [path])) == nil {
            _ = try? ChildProcess.run("/usr/bin/umount", ["-l", path])
        }
        rmdir(path)
        unlink(path + ".image")
    }

    /// Removes what processes left that are gone.
    private static func sweep() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? [] {
            guard name.hasPrefix(prefix), !name.hasSuffix(".image"),
                let owner = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }),
                kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            remove("/tmp/" + name)
        }
    }
}
