import Glibc
import LinuxSystem

extension VolumeFeatures {
    /// The number of attempts of a call that finds no space, after written data was flushed to the device.
    private static let attempts = 3

    /// Makes a call that changes names or holes; if there was no space, retries it once everything written is on the
    /// device.
    ///
    /// XFS reserves several blocks for the metadata of each small file that is not yet written back. It releases them
    /// before it refuses a write or a new file, but not before it refuses a link, a symbolic link or a rename: 12,000
    /// small files failed with a third of the space free. Writes to this volume wait in the meantime, or they would
    /// immediately take what has become free; transactions of other threads hold blocks briefly, hence more than one
    /// attempt.
    ///
    /// - Parameters:
    ///   - descriptor: A file or directory of the volume.
    ///   - call: Makes the system call; not a write of content.
    /// - Returns: The result of the last call, or a negative `errno`.
    @inline(__always)
    func retryingForSpace(of descriptor: borrowing Descriptor, _ call: () -> Int) -> Int {
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
