import Glibc
import ProcessSupport

/// What a program sets for itself before its first thread.
package enum ProcessSetup {
    /// Makes writes to a closed pipe fail instead of ending the process, allows as many open files as the kernel does, and
    /// forbids core dumps, which would hold passwords and keys.
    package static func prepare() {
        ProcessPrivacy.forbidDumps()
        ignoreBrokenPipeSignals()
        ResourceLimit.openFiles.raise()
    }

    /// Lets the process outlive the terminal or the exec that it was started from.
    package static func ignoreHangUps() { signal(SIGHUP, SIG_IGN) }

    /// Lets received files get exactly the modes that were sent.
    package static func clearUmask() { _ = umask(0) }
}
