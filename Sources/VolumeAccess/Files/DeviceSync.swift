import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Flushes everything written to a volume's file systems to their devices, and reports what was lost on the way.
///
/// syncfs(2) reports, once for each open descriptor, that the file system failed to write something back since the
/// descriptor was opened (Linux 5.8), whichever program wrote it. So the descriptors are opened before the first write.
/// Older kernels, and those that block the call, report it only for single files, by fsync(2).
///
/// ## Concurrency model
/// ``add(_:)`` may be called on any thread, before anything is written below that directory; the rest on one thread at
/// a time.
package final class DeviceSync: Sendable {
    /// A file system that is written to.
    private struct Device: Sendable {
        let number: UInt64
        let directory: VolumeDirectory
    }

    private let volume: Volume
    private let devices: Mutex<[Device]>
    /// Whether syncfs(2) reports lost data.
    private let isTold: Bool

    /// Watches the file system that the volume's root is on.
    ///
    /// - Parameters:
    ///   - volume: The volume, to which nothing has been written yet.
    ///   - release: The kernel's version, such as `6.1.0-18-amd64`; nil for the running kernel.
    /// - Throws: ``VolumeError`` when the root cannot be opened again.
    package init(_ volume: Volume, release: String? = nil) throws(VolumeError) {
        self.volume = volume
        isTold = Self.isTold(by: release ?? KernelFile.lines("/proc/sys/kernel/osrelease").first ?? "")
        devices = Mutex([try Self.watch(volume.root)])
    }

    /// Whether a kernel's syncfs(2) reports lost data: 5.8 and later.
    static func isTold(by release: String) -> Bool {
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (5, 8)
    }

    /// A separate descriptor: an error is reported once for each.
    private static func watch(_ directory: VolumeDirectory) throws(VolumeError) -> Device {
        let result = kernelCall {
            Kernel.openat(directory.descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard result >= 0 else {
            throw .system(operation: "open", path: directory.relativePath, number: Int32(-result))
        }
        let own = VolumeDirectory(
            Descriptor(owning: Int32(result)),
            relativePath: directory.relativePath,
            features: directory.features
        )
        return Device(number: try own.status().device, directory: own)
    }

    /// Also watches the file system that is mounted on a directory.
    package func add(_ directory: VolumeDirectory) throws(VolumeError) {
        let device = try Self.watch(directory)
        devices.withLock { known in
            if !known.contains(where: { $0.number == device.number }) { known.append(device) }
        }
    }

    // MARK: Writing back

    /// Waits until everything written is on the devices.
    ///
    /// - Parameter files: Paths of the files that were written since the last call, which are checked one by one if the
    ///   kernel's syncfs(2) does not report lost data.
    /// - Throws: ``VolumeError`` when data was lost; only fsync(2) identifies a file.
    package func run(files: [[UInt8]]) throws(VolumeError) {
        for device in devices.withLock({ $0 }) {
            let result = kernelCall { syncfs(device.directory.descriptor.rawValue) }
            if result == 0, isTold { continue }
            let isMissing = [ENOSYS, EINVAL, EOPNOTSUPP, EPERM, EBADF].contains(Int32(-result))
            guard result == 0 || isMissing else {
                throw .system(operation: "syncfs", path: device.directory.relativePath, number: Int32(-result))
            }
            return try synchronize(files)
        }
    }

    /// Synchronizes files and their directories, one by one.
    private func synchronize(_ files: [[UInt8]]) throws(VolumeError) {
        let directories = DirectoryCache(volume: volume)
        var last: VolumeDirectory?
        for path in files {
            if let failure = failure(of: path, directories, &last) { throw failure }
        }
        if let last, let failure = last.failureToSynchronize() { throw failure }
    }

    /// Checks a file for lost data; a file that has vanished in the meantime has lost none.
    private func failure(
        of path: [UInt8],
        _ directories: DirectoryCache,
        _ last: inout VolumeDirectory?
    ) -> VolumeError? {
        do throws(VolumeError) {
            let parts = PathParts(path)
            let directory = try directories.directory(parts.parent.span)
            let file = try directory.openForReading(parts.leaf.span)
            let result = kernelCall { fsync(file.descriptor.rawValue) }
            if let last, last !== directory, let failure = last.failureToSynchronize() { return failure }
            last = directory
            return result == 0 ? nil : .system(operation: "fsync", path: path, number: Int32(-result))
        } catch {
            return error.isMissing || error.isSymbolicLinkRefused ? nil : error
        }
    }

    // MARK: After a loss

    /// Determines which of some files have lost data, as far as the kernel knows.
    ///
    /// A hint: the kernel forgets the error once the file has left its cache.
    ///
    /// - Parameters:
    ///   - files: Paths below the root.
    ///   - limit: The number of files to check.
    /// - Returns: The errors found.
    package func damaged(among files: [[UInt8]], limit: Int) -> [VolumeError] {
        let directories = DirectoryCache(volume: volume)
        return files.prefix(limit).compactMap { path in
            var last: VolumeDirectory?
            return failure(of: path, directories, &last)
        }
    }

    /// Changes the times of files, so that no later quick check takes them for complete.
    ///
    /// - Parameter files: Paths below the root.
    /// - Returns: The number of existing files that could not be marked.
    package func markIncomplete(_ files: [[UInt8]]) -> Int {
        let directories = DirectoryCache(volume: volume)
        var missed = 0
        for path in files {
            do throws(VolumeError) {
                let parts = PathParts(path)
                let directory = try directories.directory(parts.parent.span)
                guard let current = try directory.status(of: parts.leaf.span), current.isRegular else { continue }
                let time = Timestamp(seconds: current.modified.seconds == 0 ? 1 : 0)
                let attributes = FileAttributes(modified: time)
                let failures = try directory.setAttributes(parts.leaf.span, attributes, current: current)
                if !failures.isEmpty { missed += 1 }
            } catch {
                if !error.isMissing { missed += 1 }
            }
        }
        return missed
    }
}

extension VolumeDirectory {
    /// Synchronizes the directory, so that its names are on the device.
    fileprivate func failureToSynchronize() -> VolumeError? {
        let result = kernelCall { fsync(descriptor.rawValue) }
        // Some network file systems do not support this.
        guard result != 0, result != -Int(EINVAL), result != -Int(EBADF) else { return nil }
        return .system(operation: "fsync", path: relativePath, number: Int32(-result))
    }
}
