import LinuxSystem
import VolumeAccess

extension SessionState {
    /// The number of free inodes below which a failure to create an entry is put down to them: other threads may have
    /// freed some in the meantime.
    private static let fewInodes: Int64 = 64

    /// Whether an entry could not be created for lack of an inode: entries that need none are not affected, so that, as
    /// in rsync, only this one fails.
    func lacksOnlyInode(_ error: VolumeError, on volume: Volume) -> Bool {
        guard case .system(let operation, _, _) = error, error.isOutOfSpace,
            ["open", "mkdir", "symlink", "mknod"].contains(operation)
        else { return false }
        do throws(VolumeError) {
            let space = try volume.usableSpace()
            return space.freeBytes > 0 && space.freeInodes.map { $0 < Self.fewInodes } ?? false
        } catch {
            return false
        }
    }

    /// Ends the session if an error concerns the destination's device as a whole: it is full, or it loses data.
    ///
    /// - Parameters:
    ///   - error: The failure.
    ///   - volume: The destination.
    ///   - synchronizer: Reports lost data at the end, if there is one.
    ///   - size: The length of the file that did not fit, if it was a file.
    ///   - written: How much of it has been written, and is still allocated.
    /// - Returns: False for any other error.
    func failDevice(
        _ error: VolumeError,
        on volume: Volume,
        _ synchronizer: Synchronizer?,
        size: Int64? = nil,
        written: Int64 = 0
    ) -> Bool {
        if case .writeBack = error {
            guard let synchronizer else {
                fail(.writeBack("the next pass sends it again", error))
                return true
            }
            synchronizer.lose(error)
            return true
        }
        guard error.isOutOfSpace, !lacksOnlyInode(error, on: volume) else { return false }
        failOutOfSpace(error, on: volume, size: size, written: written)
        return true
    }

    /// Ends the session because the destination is full, and says how much is missing: all that follows would fail as
    /// well.
    ///
    /// - Parameters:
    ///   - error: The failure.
    ///   - volume: The destination.
    ///   - size: The length of the file that did not fit, if it was a file.
    ///   - written: How much of it has been written, and is still allocated.
    func failOutOfSpace(_ error: VolumeError, on volume: Volume, size: Int64? = nil, written: Int64 = 0) {
        fail(.volume("write failed" + (shortage(on: volume, size, written).map { " (\($0))" } ?? ""), error))
    }

    /// A calculation that explains the failure; nil when the figures do not, for instance because space was freed in
    /// the meantime.
    private func shortage(on volume: Volume, _ size: Int64?, _ written: Int64) -> String? {
        let space: UsableSpace
        do throws(VolumeError) { space = try volume.usableSpace() } catch { return nil }
        guard let size else { return "\(counted(space.freeBytes, "byte")) free" }
        let free = space.freeBytes + written
        guard size > free else { return nil }
        return "the file needs \(counted(size, "byte")), \(free) were free: \(counted(size - free, "byte")) short"
    }
}
