import CLinux
import Glibc
import LinuxSystem
import SecureTunnel
import Transport

/// A program that a service runs (`exec`): it talks through a socket that is its standard input and output.
///
/// ## Concurrency model
/// A thread of its own waits for the program's end, so that none stays a zombie.
struct RelayProgramEnd {
    /// Our end of the socket.
    let stream: SocketStream

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - path: The program.
    ///   - arguments: Its own name first; empty stands for the path alone.
    ///   - remoteAddress: Who is connected, for its environment (`REMOTE_HOST`, `REMOTE_PORT`).
    ///   - log: Is told how it ended.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    init(
        path: String,
        arguments: [String],
        remoteAddress: HostPort?,
        log: RelayLogger
    ) throws(SecureTunnelError) {
        do throws(SystemError) {
            var numbers: [2 of Int32] = [-1, -1]
            try systemCall("socketpair") {
                var span = numbers.mutableSpan
                return unsafe span.withUnsafeMutableBufferPointer {
                    unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, $0.baseAddress)
                }
            }
            let ours = Descriptor(owning: numbers[0])
            let theirs = Descriptor(owning: numbers[1])
            let process = try spawn(path, arguments.isEmpty ? [path] : arguments, remoteAddress, theirs.rawValue)
            stream = try SocketStream(ours, peerDescription: path)
            _ = try WorkerThread(name: "dvm-child") {
                var status: Int32 = 0
                while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
                let signal = status & 0x7F
                log(.info, "\(path) ended with " + (signal == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(signal)"))
            }
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }
}

/// Starts a program with a socket as its standard input and output, no blocked signals and the default actions.
private func spawn(
    _ path: String,
    _ arguments: [String],
    _ remote: HostPort?,
    _ socket: Int32
) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, socket, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, socket, 1)
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let own = remote.map { ["REMOTE_HOST=\($0.host)", "REMOTE_PORT=\($0.port)"] } ?? []
    let inherited = inheritedEnvironment().filter {
        !$0.hasPrefix("REMOTE_HOST=") && !$0.hasPrefix("REMOTE_PORT=")
    }
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var environment = unsafe (inherited + own).map { unsafe strdup($0) } + [nil]
    defer { unsafe (words + environment).forEach { unsafe free($0) } }
    var process: pid_t = 0
    let number = unsafe posix_spawn(&process, path, &actions, &attributes, &words, &environment)
    guard number == 0 else { throw SystemError(operation: "posix_spawn", number: number) }
    return process
}

/// The environment of this process.
private func inheritedEnvironment() -> [String] {
    var entries: [String] = []
    var next = unsafe Glibc.environ
    while let entry = unsafe next.pointee {
        unsafe entries.append(String(cString: entry))
        unsafe next += 1
    }
    return entries
}
