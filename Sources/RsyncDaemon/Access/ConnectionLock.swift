import CLinux
import Glibc
import LinuxSystem

/// A connection's slot in a lock file, released with the last reference.
///
/// It is a lock on four bytes of the file, which other daemons with the same file respect (protocol specification,
/// session 11.2).
final class ConnectionLock: Sendable {
    /// Why there is no slot.
    enum Refusal: Error, Equatable {
        case full
        case unusable(SystemError)
    }

    private let file: Descriptor

    /// Takes the first free slot.
    ///
    /// - Parameters:
    ///   - path: The lock file, created if it is missing.
    ///   - limit: The number of slots; negative for none.
    /// - Throws: ``Refusal``.
    init(_ path: [UInt8], limit: Int) throws(Refusal) {
        guard limit > 0 else { throw .full }
        do throws(SystemError) {
            file = try Self.open(path)
        } catch {
            throw .unusable(error)
        }
        for slot in 0..<limit where lockRange(of: file.rawValue, at: Int64(slot) * 4, count: 4) == 0 { return }
        let number = errno
        guard [EAGAIN, EACCES].contains(number) else {
            throw .unusable(SystemError(operation: "fcntl", number: number))
        }
        throw .full
    }

    private static func open(_ path: [UInt8]) throws(SystemError) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY
        return Descriptor(owning: try systemCall("open") { openFile(path, flags, mode: 0o600) })
    }

    /// Makes a lock file that is missing.
    ///
    /// - Parameter path: Its path; what fails is reported to the client that needs a slot.
    static func makeFile(_ path: [UInt8]) {
        do throws(SystemError) {
            _ = try open(path)
        } catch {
            return
        }
    }
}
