import CLinux
import Glibc
import LinuxSystem
import ProcessSupport

/// Moves the program to the background: the original process exits with 0 once the new one is ready.
///
/// To be used while the process has a single thread.
final class BackgroundProcess {
    private let readiness: Descriptor

    /// Forks the process.
    ///
    /// The parent waits in here and exits with 0 after ``announceReady()`` of the child, with 1 when the child ended
    /// without it. Only the child returns: a session leader whose standard streams are /dev/null. Its working
    /// directory is kept, so that relative paths of the configuration stay valid.
    ///
    /// - Throws: `SystemError` of pipe2(2) or fork(2).
    init() throws(SystemError) {
        let pipe = try Pipe()
        let child = try systemCall("fork") { dvm_fork() }
        guard child == 0 else {
            let reading = pipe.takeReading()
            var answer: [1 of UInt8] = [0]
            let number = reading.rawValue
            var span = answer.mutableSpan
            let count = try systemCall("read") { readBytes(number, into: &span) }
            _exit(count == 1 ? 0 : 1)
        }
        setsid()
        let nothing = Descriptor(owning: try systemCall("open") { openFile("/dev/null", O_RDWR) })
        // Standard error stays open until startup has succeeded, for errors.
        for number: Int32 in 0...1 { dup2(nothing.rawValue, number) }
        readiness = pipe.takeWriting()
    }

    /// Lets the parent exit.
    func announceReady() {
        let number = readiness.rawValue
        if let nothing = try? systemCall("open", { openFile("/dev/null", O_RDWR | O_CLOEXEC) }) {
            dup2(nothing, 2)
            close(nothing)
        }
        _ = writeBytes(number, [1].span)
    }
}
