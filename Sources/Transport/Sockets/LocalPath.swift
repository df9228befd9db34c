import CLinux
import Glibc
import LinuxSystem

/// The name of a local socket in the file system, which stays behind when its listener ends.
///
/// The next listener takes its place if it is a socket of the same user and nobody listens on it. Of several listeners that
/// start at the same time one gets the name: the others wait until it listens. They lock an empty file beside it, which stays
/// behind too: the directory itself is locked by who writes to a volume in it.
struct LocalPath {
    /// How long to wait for another listener that starts, and for an old one to answer.
    private static let patience = Duration.seconds(5)
    private static let pause: UInt32 = 10_000

    private let path: String
    private let address: SocketAddress

    init(_ path: String, _ address: SocketAddress) { (self.path, self.address) = (path, address) }

    /// Binds a socket to the name.
    ///
    /// - Parameter bind: Binds a socket, and listens on it.
    /// - Returns: The socket.
    /// - Throws: `SystemError`, with `EADDRINUSE` when the name is that of something else.
    func bind(_ bind: () throws(SystemError) -> Descriptor) throws(SystemError) -> Descriptor {
        let file = Descriptor(
            owning: try systemCall("open") {
                openFile(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode: 0o600)
            }
        )
        // Released when the descriptor is closed.
        try lock(file.rawValue)
        if isUnused { _ = removeName(Array(path.utf8)) }
        return try bind()
    }

    private func lock(_ file: Int32) throws(SystemError) {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do throws(SystemError) {
                try systemCall("flock") { dvm_flock(file, LOCK_EX | LOCK_NB) }
                return
            } catch {
                // Some file systems have no locks.
                guard error.number == EWOULDBLOCK else { return }
                guard .now < deadline else { throw error }
            }
            usleep(Self.pause)
        }
    }

    /// Whether it is a socket of this user that nobody listens on.
    private var isUnused: Bool {
        guard let status = try? DescriptorStatus(ofName: path), status.type == S_IFSOCK, status.owner == geteuid()
        else {
            return false
        }
        do throws(SystemError) {
            _ = try connectedSocket(to: address, within: Self.patience)
            return false
        } catch {
            return error.number == ECONNREFUSED
        }
    }
}
