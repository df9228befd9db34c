import Glibc
import LinuxSystem

/// What a program sets for itself before its first thread.
public enum ProcessSetup {
    /// Makes writes to a closed pipe fail instead of ending the process, and allows as many open files as the kernel does.
    public static func prepare() {
        _ = signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Lets received files get exactly the modes that were sent.
    public static func clearUmask() { _ = umask(0) }
}

/// SIGINT and SIGTERM, taken by a thread instead of ending the process.
///
/// ## Concurrency model
/// The signals are blocked in the main thread, hence in all threads that it starts later; the Swift pool's threads block
/// all signals by themselves. One thread waits for them.
public enum StopSignals {
    /// Blocks the signals; to be called on the main thread before any other thread is started.
    public static func block() {
        var set = watched
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Starts to wait for the signals.
    ///
    /// - Parameter handler: Called on the waiting thread, with how many signals have come.
    /// - Throws: ``AgentError`` when no thread can be had.
    public static func watch(_ handler: @escaping @Sendable (_ count: Int) -> Void) throws(AgentError) {
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-signals") {
                var set = watched
                var count = 0
                while true {
                    var number: Int32 = 0
                    guard unsafe sigwait(&set, &number) == 0 else { return }
                    count += 1
                    handler(count)
                }
            }
        } catch {
            throw AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
        }
    }

    private static var watched: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGINT)
        unsafe sigaddset(&set, SIGTERM)
        return set
    }
}
