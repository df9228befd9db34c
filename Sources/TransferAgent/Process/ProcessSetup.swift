import Glibc
import LinuxSystem

/// What a program sets for itself before its first thread.
public enum ProcessSetup {
    /// Makes writes to a closed pipe fail instead of ending the process, allows as many open files as the kernel does, and
    /// forbids core dumps, which would hold passwords and keys.
    public static func prepare() {
        ProcessPrivacy.forbidDumps()
        _ = signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Lets received files get exactly the modes that were sent.
    public static func clearUmask() { _ = umask(0) }
}
