import Glibc
import LinuxSystem

extension VolumeFeatures {
    /// How often a call is made that finds no room, after what was written went to the device.
    private static let attempts = 3

    /// Makes a call that changes names or holes, again once all that was written is on the device, if there was no room.
    ///
    /// XFS sets several blocks apart for the metadata of each small file that is not yet written back. It gives them back
    /// before it refuses a write or a new file, but not before it refuses a link, a symbolic link or a rename: 12,000 small
    /// files failed with a third of the space free. Writes of this volume wait meanwhile, or they would take at once what
    /// has become free; transactions of other threads hold blocks for a moment, hence more than one attempt.
    ///
    /// - Parameters:
    ///   - descriptor: A file or directory of the volume.
    ///   - call: Makes the call; no write of content.
    /// - Returns: What the last call returned, or a negative `errno`.
    @inline(__always)
    func withinRoom(of descriptor: borrowing Descriptor, _ call: () -> Int) -> Int {
        let result = call()
        guard Self.isOutOfSpace(result) else { return result }
        return afterWriteback(descriptor.rawValue, result, call)
    }

    @inline(never)
    private func afterWriteback(_ descriptor: Int32, _ first: Int, _ call: () -> Int) -> Int {
        writes.alone {
            var (result, attempt) = (first, 0)
            while attempt < Self.attempts, Self.isOutOfSpace(result), kernelCall({ syncfs(descriptor) }) == 0 {
                result = call()
                attempt += 1
            }
            return result
        }
    }

    private static func isOutOfSpace(_ result: Int) -> Bool { result == -Int(ENOSPC) || result == -Int(EDQUOT) }
}
